"""The generated shop feed: snapshots of the shape of a real delivery, and how their files hang together.

Expectations are those of a real delivery: 10,000 orders, 7,236 reviews, 10,000 shipments of which 3,243 are shipped and
2,197 delivered, about 25 products.
"""

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_platform.day import parse_days
from acme_platform.errors import UsageError

DAY = date(2022, 9, 5)
NEXT = DAY + timedelta(days=1)
Rows = list[dict[str, str]]


def rows(folder: Path, table: str, day: date = DAY) -> Rows:
    with (folder / f"shop/{table}/{day}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_sample("shop", parse_days(f"{DAY}..{NEXT}"), rows=10_000, seed=1, dirty=0, to=folder)
    return folder


def close_to(count: int, wanted: int) -> bool:
    """Within three percent: what was ordered last week has not been shipped yet."""
    return abs(count - wanted) <= wanted * 0.03


def test_a_snapshot_has_the_shares_of_a_real_delivery(two_days: Path) -> None:
    shipments = rows(two_days, "shipment_deliveries")

    assert len(rows(two_days, "orders")) == len(shipments) == 10_000
    assert len(rows(two_days, "reviews")) == 7_236
    assert len(rows(two_days, "dim_products")) == 25
    assert close_to(sum(row["shipment_date"] != "" for row in shipments), 3_243)
    assert close_to(sum(row["delivery_date"] != "" for row in shipments), 2_197)


def test_every_key_leads_somewhere_and_is_unique(two_days: Path) -> None:
    orders, shipments = rows(two_days, "orders"), rows(two_days, "shipment_deliveries")
    keys = {
        "customer_id": {row["customer_id"] for row in rows(two_days, "dim_customers")},
        "product_id": {row["product_id"] for row in rows(two_days, "dim_products")},
        "order_date": {row["calendar_dt"] for row in rows(two_days, "dim_dates")},
    }
    postal_codes = {row["postal_code"] for row in rows(two_days, "dim_addresses")}

    for column, known in keys.items():
        assert {row[column] for row in orders} <= known
    assert {row["order_id"] for row in shipments} <= {row["order_id"] for row in orders}
    assert {row["product_id"] for row in rows(two_days, "reviews")} == keys["product_id"]
    assert {row["postal_code"] for row in rows(two_days, "dim_customers")} <= postal_codes
    assert len({row["order_id"] for row in orders}) == len({row["shipment_id"] for row in shipments}) == 10_000


def test_nothing_lies_after_the_day_and_nothing_goes_back_in_time(two_days: Path) -> None:
    ordered = {row["order_id"]: row["order_date"] for row in rows(two_days, "orders")}

    assert max(ordered.values()) == str(DAY)
    for row in rows(two_days, "shipment_deliveries"):
        dates = [day for day in (ordered[row["order_id"]], row["shipment_date"], row["delivery_date"]) if day]
        assert dates == sorted(dates)
        assert dates[-1] <= str(DAY)
        assert row["shipment_date"] or not row["delivery_date"]


def test_a_price_times_the_pieces_is_the_total(two_days: Path) -> None:
    for row in rows(two_days, "orders"):
        assert Decimal(row["unit_price"]) * int(row["quantity"]) == Decimal(row["total_price"])


def test_some_are_late_and_some_are_early(two_days: Path) -> None:
    """One in six of the shipped and undelivered was shipped on the sixth day: 175 of 1,046 in a real delivery."""
    ordered = {row["order_id"]: date.fromisoformat(row["order_date"]) for row in rows(two_days, "orders")}
    taken = [
        date.fromisoformat(row["shipment_date"]) - ordered[row["order_id"]]
        for row in rows(two_days, "shipment_deliveries")
        if row["shipment_date"] and not row["delivery_date"]
    ]

    assert 120 < sum(time_taken >= timedelta(days=6) for time_taken in taken) < 230


def test_the_calendar_knows_weekends_and_holidays(two_days: Path) -> None:
    days = {row["calendar_dt"]: row for row in rows(two_days, "dim_dates")}

    assert days["2021-12-24"]["working_day"] == "true"  # a Friday
    assert (days["2021-12-25"]["day_of_the_week_num"], days["2021-12-25"]["working_day"]) == ("6", "false")
    assert (days["2022-08-15"]["day_of_the_week_num"], days["2022-08-15"]["working_day"]) == ("1", "false")
    assert Counter(row["year_num"] for row in days.values()) == {
        "2019": 365,
        "2020": 366,
        "2021": 365,
        "2022": 365,
        "2023": 365,
    }


def test_the_next_day_tells_the_same_story_a_day_later(two_days: Path) -> None:
    """It takes in 25 new orders and leaves out the 25 oldest; what was shipped stays shipped, on the same date."""
    before = {row["order_id"]: row for row in rows(two_days, "orders")}
    after = {row["order_id"]: row for row in rows(two_days, "orders", NEXT)}
    both = before.keys() & after.keys()
    told = ("customer_id", "order_date", "product_id", "quantity")
    shipped = {row["order_id"]: row["shipment_date"] for row in rows(two_days, "shipment_deliveries")}
    shipped_after = {row["order_id"]: row["shipment_date"] for row in rows(two_days, "shipment_deliveries", NEXT)}

    assert (len(both), len(after.keys() - before.keys())) == (9_975, 25)
    assert all(before[number][column] == after[number][column] for number in both for column in told)
    assert all(shipped_after[number] == shipped[number] for number in both if shipped[number])


def test_another_seed_is_another_price_of_the_same_orders(tmp_path: Path, two_days: Path) -> None:
    write_sample("shop", parse_days(str(DAY)), rows=10_000, seed=2, dirty=0, to=tmp_path)
    first, second = rows(two_days, "orders"), rows(tmp_path, "orders")

    assert [row["order_id"] for row in first] == [row["order_id"] for row in second]
    assert sum(a["unit_price"] != b["unit_price"] for a, b in zip(first, second, strict=True)) > 9_900


@pytest.mark.parametrize("count", [1, 2, 99, 400, 799, 12_345])
def test_any_size_can_be_asked_for(tmp_path: Path, count: int) -> None:
    write_sample("shop", parse_days(str(DAY)), rows=count, seed=1, dirty=0, to=tmp_path)

    assert len(rows(tmp_path, "orders")) == len(rows(tmp_path, "shipment_deliveries")) == count
    assert {row["order_date"] for row in rows(tmp_path, "orders")} <= {
        row["calendar_dt"] for row in rows(tmp_path, "dim_dates")
    }


def test_dirt_stays_out_of_the_dimensions(tmp_path: Path, two_days: Path) -> None:
    write_sample("shop", parse_days(str(DAY)), rows=10_000, seed=1, dirty=0.01, to=tmp_path)

    def lines(folder: Path, table: str) -> list[bytes]:
        return (folder / f"shop/{table}/{DAY}.csv").read_bytes().splitlines()

    for table in ("orders", "reviews", "shipment_deliveries"):
        assert lines(tmp_path, table) != lines(two_days, table)
    for table in ("dim_customers", "dim_addresses", "dim_products", "dim_dates"):
        assert lines(tmp_path, table) == lines(two_days, table)


def test_days_before_the_shop_opened_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no shop samples of 1999-12-31"):
        write_sample("shop", parse_days("1999-12-31"), rows=10, seed=1, dirty=0, to=tmp_path)
