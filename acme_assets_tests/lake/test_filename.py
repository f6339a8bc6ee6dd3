"""Names of deliveries: what they say, and what is wrong with a wrong one."""

from datetime import date
from pathlib import Path

import pytest

from acme_platform.errors import MendInput
from acme_platform.lake.filename import FileName, key_for, parse_key

DAY = date(2024, 1, 2)


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("sales/orders/2024-01-02.csv", ""),
        ("sales/orders/2024-01-02.csv.gz", ""),
        ("sales/orders/2024-01-02.csv.zst", ""),
        ("sales/orders/2024-01-02.CSV.GZ", ""),
        ("sales/orders/2024-01-02/part-0001.csv", "part-0001"),
        ("sales/orders/2024-01-02/Export of Monday.v2.csv.gz", "Export of Monday.v2"),
    ],
)
def test_a_name_says_feed_table_day_and_part(key: str, part: str) -> None:
    assert parse_key(key) == FileName("sales", "orders", DAY, part)


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("sales/orders/2024-01-02.xlsx", "is an Excel workbook"),
        ("sales/orders/2024-01-02.json", "is JSON"),
        ("sales/orders/2024-01-02.parquet", "is Parquet"),
        ("sales/orders/2024-01-02.zip", "is a zip archive"),
        ("sales/orders/2024-01-02.dat", "ends in '.dat'"),
        ("sales/orders/2024-01-02", "without ending"),
        ("sales/orders/2024-02-30.csv", "carries the day 2024-02-30, which does not exist"),
        ("sales/orders/2024-1-2.csv", "has '2024-1-2' where the day belongs"),
        ("sales/orders/orders.csv", "has 'orders' where the day belongs"),
        ("sales/orders/٢٠٢٤-01-02.csv", "where the day belongs"),
        ("sales/orders/20240102/part.csv", "has '20240102' where the day belongs"),
        ("sales/2024-01-02.csv", "does not have the shape"),
        ("2024-01-02.csv", "does not have the shape"),
        ("sales/orders/2024-01-02/a/b.csv", "does not have the shape"),
        ("sales//2024-01-02.csv", "does not have the shape"),
        ("sales/orders/2024-01-02/.csv", "does not have the shape"),
    ],
)
def test_a_wrong_name_is_told_what_is_wrong_with_it(key: str, what: str) -> None:
    with pytest.raises(MendInput) as caught:
        parse_key(key)

    assert what in caught.value.message
    assert repr(key) in caught.value.message
    assert caught.value.next_step


def test_a_delivered_file_gets_the_name_that_is_read_back() -> None:
    one = key_for("sales", "orders", DAY, Path("/home/me/My Export.CSV"))
    part = key_for("sales", "orders", DAY, Path("north.csv.gz"), part="north")
    named = key_for("sales", "orders", DAY, Path("north.csv.gz"), part="north.csv.gz")

    assert one == "sales/orders/2024-01-02.csv"
    assert part == named == "sales/orders/2024-01-02/north.csv.gz"
    assert parse_key(part) == FileName("sales", "orders", DAY, "north")


def test_a_file_of_another_format_gets_no_name() -> None:
    with pytest.raises(MendInput, match=r"'book\.xlsx' is an Excel workbook"):
        key_for("sales", "orders", DAY, Path("book.xlsx"))
    with pytest.raises(MendInput, match="does not have the shape"):
        key_for("sales", "orders", DAY, Path("a.csv"), part="../a")
