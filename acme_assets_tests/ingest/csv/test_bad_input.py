"""Bad files from the lake to staging: each kind has one right outcome, and nothing of it is lost or guessed.

A broken file is refused whole with one sentence; a broken row is quarantined and the rest loads; the days around go on.
The grammar itself is tested in `test_screen.py`, single values in `test_conform.py`.
"""

import gzip

import pytest

from acme_assets_tests.support.loading import HEADER, ids, load, orders
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import RefusedFile

GOOD = b"1,7,2024-01-01,1.00\n"
ONE = HEADER + GOOD
LATIN_1 = "byte 0xE9 at 7 of the record is not UTF-8; looks like Latin-1"
TOO_MANY = "1,001 of its first 2,501 rows are broken; the first is line 1,502"


def neighbours(pipeline: Pipeline) -> None:
    """Good days before and after the bad one."""
    pipeline.deliver("orders", day(1), orders(11, 12))
    pipeline.deliver("orders", day(3), orders(31))


def expect_neighbours(pipeline: Pipeline) -> None:
    load(pipeline, number=1)
    load(pipeline, number=3)
    assert (ids(pipeline, 1), ids(pipeline, 3)) == ([11, 12], [31])


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty", id="no byte"),
        pytest.param(b"order_id,customer_id\n1,7\n", "columns missing: 'order_date, amount'", id="missing"),
        pytest.param(HEADER.replace(b"amount", b"amount,Amount") + GOOD, "named twice", id="twice"),
        pytest.param(HEADER.replace(b"amount", b"amount,") + GOOD, "column 5 has no name", id="blank"),
        pytest.param(HEADER.replace(b",", b";") + b"1;7;2024-01-01;1\n", "separated by semicolons", id="semicolons"),
        pytest.param(GOOD * 3, "is the header missing?", id="no header"),
        pytest.param(b'order_id,customer_id,"order_date,amount\n' + GOOD, "its header has a stray quote", id="quote"),
        pytest.param(ONE.decode().encode("utf-16"), "looks like UTF-16 text", id="UTF-16"),
        pytest.param(ONE + b"2,7,2024-01-01,\0\n", "line 3 holds a NUL byte", id="NUL"),
        pytest.param(b"PK\x03\x04 and so on", "looks like a zip archive (an Excel workbook is one too)", id="Excel"),
        pytest.param(b'[{"order_id": 1}]', "looks like JSON", id="JSON"),
        pytest.param(b"PAR1 and so on", "looks like Parquet", id="Parquet"),
        pytest.param(gzip.compress(ONE), "looks like a gzip file", id="packed under a plain name"),
        pytest.param(HEADER + b"broken\n" * 4, "not one of its 4 rows is good; the first is line 2", id="no good row"),
        pytest.param(HEADER + GOOD * 1500 + b"broken\n" * 1500, TOO_MANY, id="too many broken"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_whole_and_says_why(pipeline: Pipeline, content: bytes, said: str) -> None:
    neighbours(pipeline)
    key = pipeline.deliver("orders", day(2), content)
    with pytest.raises(RefusedFile) as refused:
        load(pipeline, number=2)
    assert key in refused.value.message
    assert said in refused.value.message
    assert "acme deliver sales orders FILE --day 2024-01-02" in refused.value.next_step
    assert ids(pipeline, 2) == []
    (entry,) = pipeline.ask("select file, state, reason from ledger.deliveries")
    assert (entry["file"], entry["state"]) == (key, "refused")
    assert said in entry["reason"]
    expect_neighbours(pipeline)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(gzip.compress(HEADER + GOOD * 100)[:-9], "is cut short", id="cut short"),
        pytest.param(ONE, "is not gzip, whatever its name says", id="not packed"),
        pytest.param(gzip.compress(ONE)[:-8] + b"\0" * 8, "is damaged", id="wrong checksum"),
        pytest.param(gzip.compress(HEADER + b"1" * (40 << 20)), "is a decompression bomb", id="bomb"),
    ],
)
def test_a_packed_file_that_is_not_whole_is_refused(pipeline: Pipeline, content: bytes, said: str) -> None:
    neighbours(pipeline)
    pipeline.put("sales/orders/2024-01-02.csv.gz", content)
    with pytest.raises(RefusedFile) as refused:
        load(pipeline, number=2)
    assert said in refused.value.message
    assert ids(pipeline, 2) == []
    pipeline.expect("ledger.deliveries", "file|state\nsales/orders/2024-01-02.csv.gz|refused")
    expect_neighbours(pipeline)


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("content", "kept", "rejected"),
    [
        pytest.param(b"order_id,amount,customer_id,order_date\n1,1.00,7,2024-01-01\n", [1], [], id="reordered"),
        pytest.param(b"ORDER_ID , Customer_Id,order_date  ,amount\n" + GOOD, [1], [], id="other case, padded"),
        pytest.param(b"\xef\xbb\xbf" + ONE, [1], [], id="BOM"),
        pytest.param(ONE.replace(b"\n", b"\r\n"), [1], [], id="CRLF"),
        pytest.param((ONE + b"2,7,2024-01-01,2").replace(b"\n", b"\r"), [1, 2], [], id="CR, no final one"),
        pytest.param(HEADER + b'"1",7,"2024-01-01","1.00"\n', [1], [], id="quoted"),
        pytest.param(HEADER + b"2,7,1.00\n" + GOOD, [1], [(1, "3 fields where 4 are expected")], id="too few"),
        pytest.param(ONE + b"2,7,2024-01-01,1,000.00\n", [1], [(2, "5 fields where 4 are expected")], id="too many"),
        pytest.param(ONE + b'2,7,2024-01-01,1"0\n', [1], [(2, "field 4 has a quote inside")], id="stray quote"),
        pytest.param(ONE + b'2,7,2024-01-01,"1" 0\n', [1], [(2, "text after its closing quote")], id="text behind"),
        pytest.param(
            ONE + b'2,"7,2024-01-01,1.00\n3,7,2024-01-01,1.00\n4,7,2024-01-01,1.00\n',
            [1],
            [(2, "opens a quote that is never closed"), (3, "begins in line 3"), (4, "begins in line 3")],
            id="unclosed quote",
        ),
        pytest.param(ONE + b"2,7,caf\xe9,1\n", [1], [(2, LATIN_1)], id="Latin-1"),
        pytest.param(ONE + b"2,7,\xf0\x9f,1\n", [1], [(2, "is not UTF-8")], id="broken UTF-8"),
    ],
)  # fmt: skip
def test_a_broken_row_is_quarantined_and_the_others_load(
    pipeline: Pipeline, content: bytes, kept: list[int], rejected: list[tuple[int, str]]
) -> None:
    """Where these few lines are too many for the feed, a person accepts them."""
    pipeline.deliver("orders", day(2), content)
    loaded = load(pipeline, number=2, accepts_rejects=len(rejected) > 1)
    assert ids(pipeline, 2) == kept
    rows = pipeline.ask("select row_number, reason, file from quarantine.rows order by row_number")
    assert [row["row_number"] for row in rows] == [number for number, _ in rejected]
    assert all(said in row["reason"] for row, (_, said) in zip(rows, rejected, strict=True))
    assert (loaded.rows, loaded.rejected) == (len(kept), len(rejected))
    counts = f"{len(kept) + len(rejected)} | {len(kept)} | {len(rejected)} | visible"
    pipeline.expect("ledger.deliveries", f"rows_in | rows_kept | rows_rejected | state\n{counts}")
    assert pipeline.red("raw.sales_orders", day(2)) == set()


def test_quoted_separators_and_line_breaks_are_data(pipeline: Pipeline) -> None:
    content = b'customer_id,customer_name,country\r\n1,"Ann, the\r\nfirst","Cote ""d\'Ivoire"""\r\n'
    pipeline.deliver("customers", day(1), content)
    pipeline.fill(day(1))
    (row,) = pipeline.ask("select customer_name, country from staging.sales_customers")
    assert row == {"customer_name": "Ann, the\r\nfirst", "country": 'Cote "d\'Ivoire"'}


def test_rows_in_are_rows_kept_and_rejected_through_both_layers(pipeline: Pipeline) -> None:
    """Of seven rows one is broken, one unreadable, one repeated and one against a rule. A person accepts that."""
    pipeline.deliver("orders", day(1), HEADER + b"""\
1,7,2024-01-01,1.00
broken
2,7,2024-02-30,1.00
3,7,2024-01-01,3.00
3,7,2024-01-01,3.50
4,7,2024-01-01,-1.00
5,7,2024-01-01,5.00
""")  # fmt: skip
    pipeline.fill(day(1), accepts_rejects=True)
    pipeline.expect("ledger.deliveries", "rows_in | rows_kept | rows_rejected\n7 | 3 | 4")
    pipeline.expect("staging.sales_orders", "order_id | amount\n1 | 1.00\n3 | 3.50\n5 | 5.00")
    pipeline.expect(
        "quarantine.rows",
        """
        table_name           | row_number
        raw.sales_orders     | 2
        staging.sales_orders | 3
        staging.sales_orders | 4
        staging.sales_orders | 6
        """,
    )
    assert pipeline.red("raw.sales_orders", day(1)) == pipeline.red("staging.sales_orders", day(1)) == set()


def test_a_mended_file_clears_what_was_said_of_the_broken_one(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(2), HEADER + b"broken\n" * 4)
    with pytest.raises(RefusedFile):
        load(pipeline, number=2)
    pipeline.expect("quarantine.rows", "row_number\n1\n2\n3\n4")
    with pytest.raises(RefusedFile):
        load(pipeline, number=2)
    pipeline.expect("quarantine.rows", "row_number\n1\n2\n3\n4")
    pipeline.deliver("orders", day(2), orders(1))
    load(pipeline, number=2)
    pipeline.expect("quarantine.rows", "row_number")
    pipeline.expect("ledger.deliveries where state <> 'replaced'", "state|rows_in\nvisible|1")
