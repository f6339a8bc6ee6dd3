"""Shapes of a source's tables that ACME's have not: each is read by time and by capture, and nothing is lost."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from acme_assets_tests.support.foreign import Foreign, declared, feed, foreign
from acme_assets_tests.support.logical import Logical
from acme_platform.day import today
from acme_platform.services import Services
from acme_platform.triggers.source_changes import look

WAYS = {"by time": None, "by capture": "acme_depot"}
every_way = pytest.mark.parametrize("depot", WAYS, indirect=True)
captured = pytest.mark.parametrize("depot", ["by capture"], indirect=True)
by_time = pytest.mark.parametrize("depot", ["by time"], indirect=True)
MOVES = "select site::text, number::text, quantity::text from depot.moves order by 1, 2"


@pytest.fixture
def depot(logical: Logical, services: Services, request: pytest.FixtureRequest) -> Iterator[Foreign]:
    with (
        declared(shape := feed("depot")),
        foreign(logical.url, services, shape, capture=WAYS[request.param]) as made,
    ):
        yield made


@pytest.fixture
def lists(logical: Logical, services: Services, request: pytest.FixtureRequest) -> Iterator[Foreign]:
    """Nothing but tables that are read whole."""
    with (
        declared(shape := feed("lists", "raw.sites")),
        foreign(logical.url, services, shape, capture=WAYS[request.param]) as made,
    ):
        yield made


def moves(depot: Foreign) -> list[tuple[str, ...]]:
    return depot.newest("moves", "site, number", "site, number, quantity")


def wanted(one: Foreign) -> list[date]:
    return look(one.services, one.feed).days


def place(site: int, number: int, quantity: int, note: str = "") -> str:
    return f"insert into depot.moves values ('{note}', {quantity}, {site}, {number})"  # noqa: S608


def change(site: int, number: int, values: str) -> str:
    return (
        f"update depot.moves set moved_at = clock_timestamp(), {values}"  # noqa: S608
        f" where (site, number) = ({site}, {number})"
    )


@pytest.mark.slow
@every_way
def test_rows_of_which_only_both_columns_of_the_key_together_tell_them_apart_are_all_kept(depot: Foreign) -> None:
    depot.run(place(1, 12, 5), place(11, 2, 6), place(1, 2, 7))
    depot.read("run 1")
    depot.run(change(1, 12, "quantity = 50"), change(1, 2, "quantity = 70"))
    depot.read("run 2")
    depot.read("run 3")

    assert moves(depot) == depot.there(MOVES) == [("1", "12", "50"), ("1", "2", "70"), ("11", "2", "6")]
    assert depot.ask("select count(*) from raw.depot_moves") == [(5,)]


@pytest.mark.slow
@every_way
def test_versions_of_a_key_of_two_columns_follow_each_other_in_staging(depot: Foreign) -> None:
    depot.run(place(1, 1, 5), place(1, 2, 6))
    depot.read("run 1")
    depot.stage("run 1")
    depot.run(change(1, 1, "quantity = 50"))
    depot.read("run 2")
    depot.stage("run 2")

    current = "select site, number, quantity from staging.depot_moves where valid_to is null order by 1, 2"
    assert depot.ask(current) == [(1, 1, 50), (1, 2, 6)]
    assert depot.ask("select count(*) from staging.depot_moves") == [(3,)]


@pytest.mark.slow
@captured
def test_deletes_and_new_keys_end_the_row_that_had_the_key(depot: Foreign) -> None:
    """One column of the key changes, and the other stays."""
    depot.run(place(1, 1, 5), place(1, 2, 6), place(2, 2, 7))
    depot.read("run 1")
    depot.run("delete from depot.moves where (site, number) = (1, 1)", change(1, 2, "site = 3"))
    depot.read("run 2")
    depot.stage("run 2")

    assert moves(depot) == depot.there(MOVES) == [("2", "2", "7"), ("3", "2", "6")]
    current = "select site, number, quantity from staging.depot_moves where valid_to is null order by 1, 2"
    assert depot.ask(current) == [(2, 2, 7), (3, 2, 6)]


@pytest.mark.slow
@captured
def test_a_large_value_that_is_not_sent_is_the_one_of_the_same_row_also_under_a_new_key(depot: Foreign) -> None:
    """(1, 12) and (11, 2) are two rows, though their columns side by side look the same."""
    long = {one: one * 9000 for one in ("ä", "b", "c")}
    depot.run("alter table depot.moves alter note set storage external")
    depot.run(place(1, 12, 5, long["ä"]), place(11, 2, 6, long["b"]), place(2, 2, 7, long["c"]))
    depot.read("run 1")
    depot.run(change(1, 12, "quantity = 50"), change(11, 2, "quantity = 60"), change(2, 2, "number = 3"))
    depot.run(change(2, 3, "quantity = 70"))
    depot.read("run 2")

    notes = depot.newest("moves", "site, number", "site, number, quantity, left(note, 1), length(note)")
    assert notes == [("1", "12", "50", "ä", 9000), ("11", "2", "60", "b", 9000), ("2", "3", "70", "c", 9000)]


@pytest.mark.slow
@captured
def test_a_copy_anew_finds_by_the_whole_key_what_differs_and_what_is_gone(depot: Foreign) -> None:
    depot.run(place(1, 1, 5), place(1, 2, 6), place(2, 1, 7))
    depot.read("run 1")
    depot.run("truncate depot.moves", place(1, 2, 60), place(2, 1, 7), place(2, 2, 8))
    depot.begin_anew()
    depot.read("run 2")

    assert moves(depot) == depot.there(MOVES) == [("1", "2", "60"), ("2", "1", "7"), ("2", "2", "8")]


@captured
def test_a_replica_identity_without_a_column_of_the_key_is_named_with_what_mends_it(depot: Foreign) -> None:
    depot.run(
        "create unique index only_number on depot.moves (number)",
        "alter table depot.moves replica identity using index only_number",
    )
    with pytest.raises(Exception, match="does not contain site") as refused:
        depot.read("run 1")
    assert "alter table depot.moves replica identity default" in str(refused.value)


@pytest.mark.slow
@every_way
def test_each_table_has_its_own_column_of_changes(depot: Foreign) -> None:
    """A change of either asks for today once, and comes."""
    depot.read("run 1")
    for number, statement in enumerate((place(1, 1, 5), "insert into depot.prices values ('x', 7, 1.50)"), 2):
        depot.run(statement)
        assert wanted(depot) == [today()]
        depot.read(f"run {number}")
        assert wanted(depot) == []

    assert moves(depot) == [("1", "1", "5")]
    assert depot.newest("prices", "item", "item, price") == [("7", "1.50")]


@every_way
def test_days_are_asked_for_from_the_oldest_change_of_any_of_the_columns(depot: Foreign) -> None:
    depot.run(f"insert into depot.prices values ('x', 7, 1.50, '{today() - timedelta(days=5)} 10:00')")  # noqa: S608
    depot.run(f"insert into depot.moves values ('', 1, 1, 1, '{today() - timedelta(days=4)} 10:00')")  # noqa: S608

    assert wanted(depot) == [today() - timedelta(days=ago) for ago in (5, 4, 3, 2, 1, 0)]


@pytest.mark.slow
@by_time
def test_what_the_time_hides_is_found_by_a_key_that_is_not_the_first_column(depot: Foreign) -> None:
    """Prices of midnight, which the cursor has passed."""
    depot.run("insert into depot.prices values ('x', 7, 1.50, current_date), ('x', 8, 2.50, current_date)")
    depot.read("run 1")
    depot.run("update depot.prices set price = 9 where item = 7", "delete from depot.prices where item = 8")
    depot.read("run 2")

    assert depot.newest("prices", "item", "item, price") == [("7", "9"), ("8", "2.50")]
    assert found(depot, "prices") == [("changed without a new time", 1, ["7"]), ("gone from the source", 1, ["8"])]


def found(depot: Foreign, table: str = "moves") -> list[tuple[str, int, list[str]]]:
    """(kind, rows, first keys or why not) of what was found beside the cursor."""
    told = depot.ask("select table_name, kind, row_count, sample from ledger.discrepancies order by 1, 2")
    return [
        (kind, rows, [one.get("key") or one["why"] for one in sample])
        for name, kind, rows, sample in told
        if name == f"raw.depot_{table}"
    ]


@by_time
def test_what_the_time_hides_is_found_by_a_key_of_two_columns(depot: Foreign) -> None:
    """Each row by itself, of many that have one column in common; what was touched and says the same is no version."""
    depot.run(*(f"insert into depot.moves values ('', {n}, 1, {n}, current_date)" for n in range(1, 7)))  # noqa: S608
    depot.read("run 1")
    depot.run(
        "update depot.moves set quantity = 20 where (site, number) = (1, 2)",
        "update depot.moves set quantity = 30, moved_at = current_date - 5 where (site, number) = (1, 3)",
        "delete from depot.moves where (site, number) = (1, 4)",
        "update depot.moves set quantity = quantity where (site, number) = (1, 5)",
        "update depot.moves set quantity = 60, moved_at = clock_timestamp() where (site, number) = (1, 6)",
        "insert into depot.moves values ('', 7, 16, 1, '2021-06-01')",
    )
    depot.read("run 2")
    once = depot.ask("select count(*) from raw.depot_moves")
    depot.read("run 3")

    assert moves(depot) == [
        ("1", "1", "1"), ("1", "2", "20"), ("1", "3", "30"), ("1", "4", "4"), ("1", "5", "5"), ("1", "6", "60"),
        ("16", "1", "7"),
    ]  # fmt: skip
    assert depot.ask("select count(*) from raw.depot_moves") == once == [(10,)]
    assert found(depot) == [
        ("behind the cursor", 1, ['["1", "3"]']),
        ("changed without a new time", 1, ['["1", "2"]']),
        ("gone from the source", 1, ['["1", "4"]']),
        ("older than the first day", 1, ['["16", "1"]']),
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("small")
@by_time
def test_a_large_table_whose_key_has_two_columns_is_compared_in_several_readings(depot: Foreign) -> None:
    depot.run("insert into depot.moves select '', 1, n, 1, current_date from generate_series(1, 20) as n")
    for number in range(20):
        if not wanted(depot):
            break
        depot.read(f"run {number}")

    assert 3 < number < 19
    assert depot.ask("select rounds from ledger.comparisons where table_name = 'raw.depot_moves'") == [(1,)]
    assert (len(moves(depot)), found(depot)) == (20, [])


@pytest.mark.usefixtures("small")
@by_time
def test_more_rows_of_one_range_than_a_reading_compares_are_read_and_told(depot: Foreign) -> None:
    """A round that goes on where it began would never end."""
    depot.run("insert into depot.moves select '', 1, 1, n, current_date from generate_series(1, 20) as n")
    depot.read("run 1")
    depot.read("run 2")

    assert len(moves(depot)) == 20
    ((kind, rows, (why,)),) = found(depot)
    assert (kind, rows, "too many for one range" in why) == ("not compared", 0, True)


@pytest.mark.slow
@by_time
def test_a_key_that_begins_with_no_whole_number_is_read_and_that_it_is_not_compared_is_told(depot: Foreign) -> None:
    depot.run("alter table depot.moves alter site type text", place(1, 1, 5))
    depot.read("run 1")

    assert moves(depot) == [("1", "1", "5")]
    ((kind, rows, (why,)),) = found(depot)
    assert (kind, rows, "site of depot.moves is text" in why) == ("not compared", 0, True)


@pytest.mark.slow
@every_way
def test_a_table_that_does_not_say_when_its_rows_came_to_be_is_copied_whole_on_every_day(depot: Foreign) -> None:
    """The copy of a past day stands."""
    past = today() - timedelta(days=3)
    depot.run("insert into depot.sites values ('A', 1), ('B', 2)")
    depot.read("run 1", past)
    depot.run("insert into depot.sites values ('C', 3)")
    depot.read("run 2", past)
    depot.read("run 3")

    counted = "select day, count(*) from raw.depot_sites group by 1 order by 1"
    assert depot.ask(counted) == [(past, 2), (today(), 3)]


@pytest.mark.slow
@pytest.mark.parametrize("lists", WAYS, indirect=True)
def test_a_feed_of_whole_tables_only_is_read_once_for_each_change(lists: Foreign) -> None:
    """Each change is another reason: a sensor that gave the reason of before would start no run."""
    reasons = []
    for number in range(3):
        lists.run(f"insert into depot.sites values ('A', {number})")  # noqa: S608
        assert wanted(lists) == [today()]
        reasons.append(look(lists.services, lists.feed).since)
        lists.read(f"run {number}")
        assert wanted(lists) == []

    assert len(set(reasons)) == 3
    assert lists.newest("sites", "site", "site, title") == [("0", "A"), ("1", "A"), ("2", "A")]
