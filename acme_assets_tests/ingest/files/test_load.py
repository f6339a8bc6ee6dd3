"""Loading: a day of raw is what the lake holds for it, and each file is read once."""

from pathlib import Path

import pytest

from acme_assets_tests.support.loading import BROKEN_FILE, HEADER, WatchedLake, ids, load, orders, states
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import RefusedFile
from acme_platform.ingest.files.load import Loaded
from acme_platform.lake import open_lake


@pytest.fixture
def watched(pipeline: Pipeline) -> WatchedLake:
    return WatchedLake(pipeline.services.lake)


def test_a_row_is_kept_as_delivered_and_carries_where_it_came_from(pipeline: Pipeline) -> None:
    key = pipeline.deliver("orders", day(1), HEADER + b" 1 ,7, 2024-01-01,  \nbroken\n 3 ,,,\n")
    load(pipeline)
    rows = pipeline.ask("select order_id, customer_id, amount, day, file, row_number, extra from raw.sales_orders")
    assert [tuple(row.values()) for row in rows] == [
        (" 1 ", "7", "  ", day(1), key, 1, None),
        (" 3 ", None, None, day(1), key, 3, None),
    ]
    pipeline.expect("ledger.deliveries", "rows_in | rows_kept | rows_rejected | state\n3 | 2 | 1 | visible")
    pipeline.expect("quarantine.rows", "row_number | record\n2 | broken")


@pytest.mark.parametrize("place", ["folder", "s3"])
def test_plain_gzip_and_zstd_in_a_folder_and_on_s3_give_the_same_rows(
    pipeline: Pipeline, s3_bucket: str, place: str
) -> None:
    lake = pipeline.services.lake if place == "folder" else open_lake(f"s3://{s3_bucket}/lake")
    pipeline.services.__dict__["lake"] = lake
    for number, ending in enumerate((".csv", ".csv.gz", ".csv.zst"), 1):
        pipeline.deliver("orders", day(number), orders(1, 2, 3), ending=ending)
        load(pipeline, number=number)
        drawing = "order_id|row_number|amount\n1|1|1.00\n2|2|1.00\n3|3|1.00"
        pipeline.expect(f"raw.sales_orders where day = '{day(number)}'", drawing)


def test_a_failed_part_is_retried_alone(pipeline: Pipeline, watched: WatchedLake) -> None:
    pipeline.deliver("orders", day(1), orders(1), part="a")
    pipeline.deliver("orders", day(1), BROKEN_FILE, part="b")
    pipeline.deliver("orders", day(1), orders(3), part="c")
    with pytest.raises(RefusedFile, match=r"2024-01-01/b\.csv"):
        load(pipeline, watched)
    assert ids(pipeline) == []

    pipeline.deliver("orders", day(1), orders(2), part="b")
    watched.opened.clear()
    load(pipeline, watched)
    assert watched.opened == ["b.csv"]
    assert ids(pipeline) == [1, 2, 3]
    assert states(pipeline) == {
        ("a.csv", "visible"): 1, ("b.csv", "replaced"): 1, ("b.csv", "visible"): 1, ("c.csv", "visible"): 1
    }  # fmt: skip


def test_a_corrected_part_replaces_itself_and_nothing_else(pipeline: Pipeline, watched: WatchedLake) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2), part="a")
    pipeline.deliver("orders", day(1), orders(3) + b"broken\n", part="b")
    load(pipeline)
    pipeline.deliver("orders", day(1), orders(3, 4, amount="9.00"), part="b")
    assert load(pipeline, watched) == Loaded(rows=4, rejected=0, files=2, read=1)
    assert watched.opened == ["b.csv"]
    pipeline.expect("raw.sales_orders", "order_id|amount\n1|1.00\n2|1.00\n3|9.00\n4|9.00")
    pipeline.expect("quarantine.rows", "record")


def test_a_broken_correction_leaves_the_day_as_it_was(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2))
    load(pipeline)
    pipeline.deliver("orders", day(1), BROKEN_FILE)
    with pytest.raises(RefusedFile):
        load(pipeline)
    assert ids(pipeline) == [1, 2]
    assert pipeline.red("raw.sales_orders", day(1)) == set()


def test_the_same_file_again_is_not_read_again(pipeline: Pipeline, watched: WatchedLake) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2))
    first = load(pipeline, watched)
    assert load(pipeline, watched) == Loaded(first.rows, first.rejected, first.files, read=0)
    assert watched.opened == ["2024-01-01.csv"]
    assert ids(pipeline) == [1, 2]


def test_the_same_bytes_delivered_again_are_read_again_and_change_nothing(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2))
    load(pipeline)
    pipeline.deliver("orders", day(1), orders(1, 2))
    assert load(pipeline).rows == 2
    assert ids(pipeline) == [1, 2]


def test_the_same_rows_under_two_names_answer_once_and_the_rest_is_quarantined(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1, 2), part="a")
    pipeline.deliver("orders", day(1), orders(1, 2), part="copy of a")
    pipeline.fill(day(1))
    pipeline.expect("staging.sales_orders", "order_id|amount\n1|1.00\n2|1.00")
    pipeline.expect("quarantine.rows", "table_name|file|row_number\n"
                    "staging.sales_orders|sales/orders/2024-01-01/a.csv|1\n"
                    "staging.sales_orders|sales/orders/2024-01-01/a.csv|2")  # fmt: skip
    assert pipeline.red("staging.sales_orders", day(1)) == set()


def test_a_file_that_left_the_lake_keeps_its_rows(pipeline: Pipeline, tmp_path: Path) -> None:
    gone = pipeline.deliver("orders", day(1), orders(1), part="a")
    load(pipeline)
    (tmp_path / "lake" / gone).unlink()
    pipeline.deliver("orders", day(1), orders(2), part="b")
    assert load(pipeline) == Loaded(rows=2, rejected=0, files=2, read=1)
    assert ids(pipeline) == [1, 2]


def test_undeclared_columns_are_carried_in_extra(pipeline: Pipeline) -> None:
    """As many as a header may have; names that the platform itself uses are no exception."""
    titles = ["day", "row_number", "Discount %", *(f"c{number}" for number in range(47))]
    cells = ["x", "y", "5 %", *(str(number) for number in range(46)), ""]
    line = b"amount,customer_id,order_date,order_id," + ",".join(titles).encode()
    pipeline.deliver("orders", day(1), line + b"\n1.00,7,2024-01-01,1," + ",".join(cells).encode() + b"\n")
    load(pipeline)
    (row,) = pipeline.ask("select order_id, amount, row_number, extra from raw.sales_orders")
    delivered = dict(zip(titles[:-1], cells[:-1], strict=True))
    assert row == {"order_id": "1", "amount": "1.00", "row_number": 1, "extra": delivered}
    assert pipeline.red("raw.sales_orders", day(1)) == {"columns_as_declared"}


def test_an_empty_part_beside_full_ones_is_noted_and_harmless(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1), part="a")
    pipeline.deliver("orders", day(1), b"", part="b")
    assert load(pipeline).rows == 1
    assert states(pipeline) == {("a.csv", "visible"): 1, ("b.csv", "refused"): 1}


def test_an_empty_file_alone_is_refused(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), b"")
    with pytest.raises(RefusedFile, match=r"sales/orders/2024-01-01\.csv is empty") as refused:
        load(pipeline)
    assert "acme deliver sales orders FILE --day 2024-01-01" in refused.value.next_step


def test_a_file_of_only_a_header_is_a_day_without_rows_and_warned_about(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), HEADER)
    assert load(pipeline) == Loaded(rows=0, rejected=0, files=1, read=1)
    assert pipeline.red("raw.sales_orders", day(1)) == {"something_delivered"}


def test_a_name_that_belongs_nowhere_does_not_stop_the_day(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), orders(1), part="a")
    for stray in ("2024-01-01/README.txt", "2024-01-01.xlsx", "2024-01-01/deeper/b.csv", "2024-01-010.csv"):
        pipeline.put(f"sales/orders/{stray}", orders(9))
    assert load(pipeline) == Loaded(rows=1, rejected=0, files=1, read=1)
    assert ids(pipeline) == [1]


def test_a_raw_table_that_was_dropped_is_loaded_again_whole(pipeline: Pipeline) -> None:
    """As the message about a changed SQL file advises."""
    pipeline.deliver("orders", day(1), orders(1, 2))
    load(pipeline)
    pipeline.change("drop table raw.sales_orders cascade")
    assert load(pipeline) == Loaded(rows=2, rejected=0, files=1, read=1)
    assert ids(pipeline) == [1, 2]
