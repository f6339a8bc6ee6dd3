"""A profile says of every row of a file what it could be declared as, and what a person should look at."""

from pathlib import Path

import pytest

from acme_assets_tests.support import drawn
from acme_platform.errors import MendInput, RefusedFile
from acme_platform.profiling.profile import Column, Profile, profile
from acme_platform.profiling.subject import of_file
from acme_platform.services import Services


def profiled(services: Services, path: Path, content: str | bytes) -> Profile:
    path.write_bytes(drawn.to_csv(content) if isinstance(content, str) else content)
    with services.open_warehouse().transaction("test") as cursor:
        return profile(cursor, of_file(cursor, path))


def only(services: Services, path: Path, *values: str) -> Column:
    """A column of these values, beside a number of the row."""
    lines = "".join(f'{number},"{value}"\n' for number, value in enumerate(values))
    return profiled(services, path, f"n,column\n{lines}".encode()).columns[1]


def test_each_column_has_its_type_its_gaps_its_range_and_how_many_values_it_takes(
    services: Services, tmp_path: Path
) -> None:
    found = profiled(
        services,
        tmp_path / "orders.csv",
        """
        id | amount | placed     | paid  | shop    | at
        9  | 2.5    | 2024-01-31 | true  | Harbour | 2024-01-31 10:00:00Z
        10 | 10     | 2024-02-01 | FALSE | Station | 2024-02-01
        11 |        |            | true  | Harbour | 2024-02-01 09:00:00 UTC
        """,
    )
    drawn.expect(
        [vars(column) for column in found.columns],
        """
        name   | type                     | nulls | distinct | least                  | greatest
        id     | bigint                   | 0     | 3        | 9                      | 11
        amount | numeric(14,2)            | 1     | 2        | 2.50                   | 10.00
        placed | date                     | 1     | 2        | 2024-01-31             | 2024-02-01
        paid   | boolean                  | 0     | 2        | false                  | true
        shop   | text                     | 0     | 2        | Harbour                | Station
        at     | timestamp with time zone | 0     | 3        | 2024-01-31 10:00:00+00 | 2024-02-01 09:00:00+00
        """,
    )
    assert (found.subject.rows, found.key and found.key.columns) == (3, ("id",))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "-2"), "bigint"),
        (("1", "9223372036854775808"), "numeric(21,2)"),
        (("1", "0.12345"), "numeric(14,5)"),
        (("00123", "456"), "text"),
        (("0", "0.5"), "numeric(14,2)"),
        (("2024-01-31", "2024-02-30"), "text"),
        (("01/02/2024", "2024-01-02"), "text"),
        (("true", "1"), "text"),
        (("", ""), "text"),
        ((" 7 ", "\u00a08"), "bigint"),
    ],
)
def test_a_type_takes_every_value_or_it_is_not_the_type(
    services: Services, tmp_path: Path, values: tuple[str, ...], kind: str
) -> None:
    """By the forms by which staging judges; a number that would lose its zeros is a text."""
    assert only(services, tmp_path / "a.csv", *values).type == kind


def test_one_value_behind_the_first_thousand_decides(services: Services, tmp_path: Path) -> None:
    """The first values only say which types are worth asking all of them."""
    column = only(services, tmp_path / "a.csv", *map(str, range(2_000)), "many")
    assert column.type == "text"
    assert column.suspicions == ("bigint but for 1: 'many'",)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((" x", "y"), "blanks at the ends, taken off when loaded: 1, like ' x'"),
        (("a\u200bb", "c"), "invisible characters within: 1, like 'a\\x200bb'"),
        (("N/A", "x", "n/a"), "words for nothing: 2, like 'N/A'"),
        (("$5", "€7.50", "5 USD"), "numbers with a currency or unit: 3, like '$5'"),
        (("1,000.50", "x"), "numbers in groups of thousands: 1, like '1,000.50'"),
        (("12,5", "x"), "numbers with a decimal comma: 1, like '12,5'"),
        (("007", "x"), "numbers with leading zeros, kept as text: 1, like '007'"),
        (("31/01/2024", "x"), "dates with the day first: 1, like '31/01/2024'"),
        (("01/31/2024", "x"), "dates with the month first: 1, like '01/31/2024'"),
        (("1.2.2024", "x"), "dates with day or month first: 1, like '1.2.2024'"),
        (("x" * 2_001, "y"), f"longer than 2,000 bytes, to be rejected: 1, like '{'x' * 24}'"),
    ],
)
def test_what_looks_wrong_is_said_with_a_count_and_a_sample(
    services: Services, tmp_path: Path, values: tuple[str, ...], said: str
) -> None:
    assert said in only(services, tmp_path / "a.csv", *values).suspicions


def test_values_that_are_well_are_not_suspected(services: Services, tmp_path: Path) -> None:
    assert only(services, tmp_path / "a.csv", "Harbour", "Århus", "10 Downing Street", "1.2.3").suspicions == ()


def test_spellings_are_told_by_their_shares(services: Services, tmp_path: Path) -> None:
    column = only(services, tmp_path / "a.csv", "AB-1", "CD-2", "EF-3", "GH-12")
    assert column.patterns == (("a-9", 0.75), ("a-99", 0.25))


def test_a_row_that_comes_again_is_told_with_the_key_that_it_has(services: Services, tmp_path: Path) -> None:
    """Of a column that was meant to be the key: twenty of twenty-one rows are told apart by it."""
    rows = b"".join(b"%d,x\n" % number for number in range(20))
    key = profiled(services, tmp_path / "a.csv", b"order_id,note\n" + rows + b"7,y\n").key
    assert key
    assert (key.columns, key.repeated, key.sample) == (("order_id",), 1, "7")


def test_a_padded_key_is_the_same_key(services: Services, tmp_path: Path) -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(40))
    key = profiled(services, tmp_path / "a.csv", b"order_id,note\n" + rows + b"  7 ,y\n").key
    assert key
    assert (key.columns, key.repeated) == (("order_id",), 1)


def test_two_columns_are_the_key_where_none_is(services: Services, tmp_path: Path) -> None:
    found = profiled(
        services,
        tmp_path / "a.csv",
        """
        order_id | line | note
        1        | 1    | x
        1        | 2    | x
        2        | 1    | x
        """,
    )
    assert found.key
    assert (found.key.columns, found.key.repeated) == (("order_id", "line"), 0)


def test_rows_that_nothing_tells_apart_have_no_key(services: Services, tmp_path: Path) -> None:
    assert profiled(services, tmp_path / "a.csv", b"a,b\nx,y\nx,y\n").key is None


def test_broken_lines_are_left_out_and_told(services: Services, tmp_path: Path) -> None:
    found = profiled(services, tmp_path / "a.csv", b"id,name\n1,x\n2\n3,z\n")
    assert found.subject.rows == 2
    assert [(reject.line, reject.record) for reject in found.subject.broken] == [(3, "2")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"a;b\n1;2\n", "looks separated by semicolons"),
        (b"a,a\n1,2\n", "columns named twice"),
        (b"PK\x03\x04", "looks like"),
    ],
)
def test_what_would_be_refused_however_it_is_declared_is_refused(
    services: Services, tmp_path: Path, content: bytes, why: str
) -> None:
    with pytest.raises(RefusedFile, match=why):
        profiled(services, tmp_path / "a.csv", content)


def test_a_file_of_another_format_is_named(services: Services, tmp_path: Path) -> None:
    with pytest.raises(MendInput, match="Excel"):
        profiled(services, tmp_path / "a.xlsx", b"x")


def test_nothing_is_kept_of_it(services: Services, tmp_path: Path) -> None:
    profiled(services, tmp_path / "a.csv", b"id\n1\n")
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute("select count(*) from pg_class where relname in ('profiled', 'spelled')")
        assert cursor.fetchall() == [(0,)]
