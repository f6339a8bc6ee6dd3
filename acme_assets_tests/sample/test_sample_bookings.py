"""The generated bookings feed: snapshots of the size of a real delivery, odd as it is, and how they hang together."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.day import parse_days
from acme_platform.errors import UsageError
from acme_platform.registry import catalog
from acme_platform.services import Services

DAY, NEXT = date(2023, 3, 1), date(2023, 3, 2)
TABLES = ("company", "users", "booking")


def write(folder: Path, day: date = DAY, *, rows: int, dirty: float = 0) -> Path:
    write_sample("bookings", parse_days(str(day)), rows=rows, seed=1, dirty=dirty, to=folder)
    return folder


def read(folder: Path, table: str, day: date = DAY) -> list[dict[str, str]]:
    with (folder / f"bookings/{table}/{day}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bookings")
    return write(write(folder, rows=8_500), NEXT, rows=8_500)


def test_a_snapshot_has_the_size_and_the_oddities_of_a_real_delivery(two_days: Path) -> None:
    """About 1,200 users and 8,500 bookings; the text NULL, a second pair of quotes, bare dates, empty cells."""
    users, bookings = read(two_days, "users"), read(two_days, "booking")

    assert len(bookings) == 8_500
    assert 1_150 <= len(users) <= 1_250
    assert {"TRUE", "FALSE", "NULL", "", '"FALSE"', '"NULL"'} <= {row["is_demo"] for row in bookings}
    assert {len(row["created_at"]) for row in users} == {0, len("2023-03-01"), len("2023-03-01 00:00:00.000000 UTC")}
    assert {"NULL", "completed", "cancelled", "editedByUser", "accepted", "running"} == {
        row["status"] for row in bookings
    }


def test_everybody_who_books_is_known_and_joined_before(two_days: Path) -> None:
    joined = {row["rn"]: row["created_at"][:10] for row in read(two_days, "users")}
    companies = {row["company_id"] for row in read(two_days, "company")}
    bookings = read(two_days, "booking")

    assert {row["user_id"] for row in bookings} <= joined.keys()
    assert {row["company_id"] for row in read(two_days, "users")} <= companies
    made = [(row["created_at"][:10], joined[row["user_id"]]) for row in bookings if row["created_at"] != "NULL"]
    assert all(before <= then for then, before in made)
    assert all(row["booking_start_time"] < row["booking_end_time"] for row in bookings)


def test_the_next_snapshot_tells_the_same_story_and_lacks_what_is_too_old(two_days: Path) -> None:
    before = {row["booking_id"]: row for row in read(two_days, "booking")}
    after = {row["booking_id"]: row for row in read(two_days, "booking", NEXT)}
    same = before.keys() & after.keys()

    assert len(before.keys() - after.keys()) == len(after.keys() - before.keys()) == 28
    assert all(before[key]["booking_start_time"] == after[key]["booking_start_time"] for key in same)
    assert Counter(before[key]["status"] == after[key]["status"] for key in same)[False] > 100


@pytest.mark.parametrize("dirty", [0, 0.05])
def test_clean_rows_can_be_read_and_every_dirty_one_is_quarantined(
    services: Services, tmp_path: Path, dirty: float
) -> None:
    """5 % of 700 bookings, of 700 users and of 29 companies: one row of 20 is dirty."""
    pipeline = Pipeline(Services(replace(services.settings, first_day=DAY)), catalog.feed("bookings"))
    write(tmp_path, rows=700, dirty=dirty)
    files = {table: tmp_path / f"bookings/{table}/{DAY}.csv" for table in TABLES}
    for table, file in files.items():
        pipeline.deliver(table, DAY, file.read_bytes())
    pipeline.fill(DAY, layers=("raw", "staging"))
    for table, file in files.items():
        delivered = file.read_bytes().count(b"\n") - 1
        (kept,) = pipeline.ask(f"select count(*) as rows from staging.bookings_{table}")  # noqa: S608
        assert kept["rows"] == delivered - int(delivered * dirty), table


@pytest.mark.parametrize("rows", [1, 2, 299, 300, 301])
def test_a_delivery_of_any_size_hangs_together(tmp_path: Path, rows: int) -> None:
    write(tmp_path, rows=rows)
    bookings = read(tmp_path, "booking")

    assert len({row["booking_id"] for row in bookings}) == rows
    assert {row["user_id"] for row in bookings} <= {row["rn"] for row in read(tmp_path, "users")}


def test_there_is_nothing_before_the_first_day(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2000-06-01") as refused:
        write(tmp_path, date(2000, 6, 1), rows=10)
    assert "2000-12-31" in refused.value.next_step
    write(tmp_path, date(2000, 12, 31), rows=10)
