"""Withdrawals: a file that leaves the lake takes nothing with it, and is missed in the open."""

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_orders, one
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.ticking import Platform, days
from acme_platform.ingest.files import removed_files
from acme_platform.services import Services

ORDERS = "sales/orders/2024-01-05.csv"


@pytest.fixture
def platform(services: Services, instance: dg.DagsterInstance) -> Platform:
    deliver(services, 5, 6)
    Pipeline(services).fill(day(5), day(6), layers=("raw",))
    return Platform(services, instance)


def withdraw(platform: Platform, key: str) -> None:
    (platform.services.settings.home / "lake" / key).unlink()


def checked(platform: Platform) -> list[dict[str, object]]:
    """What the check says of each day, by its newest run."""
    return Pipeline(platform.services).ask(
        "select table_name, day, broken_rows from ledger.verdicts where check_name = %(check)s and broken_rows > 0",
        {"check": removed_files.CHECK},
    )


@pytest.mark.slow
def test_the_day_keeps_its_rows_and_a_check_says_that_the_delivery_is_gone(platform: Platform) -> None:
    withdraw(platform, ORDERS)

    tick = platform.arrivals()

    assert days(tick) == [one(5)]
    assert platform.launch(tick.run_requests or []) == [True]
    assert checked(platform) == [{"table_name": "raw.sales_orders", "day": day(5), "broken_rows": 1}]
    Pipeline(platform.services).expect(
        "raw.sales_orders order by day",
        """
        day        | order_id
        2024-01-05 | 501
        2024-01-06 | 601
        """,
    )


@pytest.mark.slow
def test_the_run_that_says_so_fills_nothing(platform: Platform) -> None:
    withdraw(platform, ORDERS)

    (request,) = platform.arrivals().run_requests or []

    assert request.asset_selection == []
    assert request.asset_check_keys == [dg.AssetCheckKey(dg.AssetKey(["raw", "sales_orders"]), removed_files.CHECK)]


@pytest.mark.slow
def test_it_is_said_once(platform: Platform) -> None:
    withdraw(platform, ORDERS)
    platform.launch(platform.arrivals().run_requests or [])

    assert days(platform.arrivals()) == []


def test_a_day_filled_again_without_its_file_keeps_its_rows(platform: Platform) -> None:
    withdraw(platform, ORDERS)
    Pipeline(platform.services).fill(day(5), layers=("raw",))

    Pipeline(platform.services).expect("raw.sales_orders where day = '2024-01-05'", "order_id\n501")


@pytest.mark.slow
def test_a_file_that_comes_back_is_no_longer_missed(platform: Platform) -> None:
    withdraw(platform, ORDERS)
    platform.launch(platform.arrivals().run_requests or [])

    deliver_orders(platform.services, 5)
    for _ in range(2):
        platform.launch(platform.arrivals().run_requests or [])

    assert checked(platform) == []
    assert days(platform.arrivals()) == []


@pytest.mark.slow
def test_a_folder_that_was_not_mounted_empties_nothing(platform: Platform) -> None:
    """The whole lake is gone: everything stays, and every file is missed."""
    lake = platform.services.settings.home / "lake"
    lake.rename(lake.with_name("elsewhere"))

    platform.launch(platform.arrivals().run_requests or [])

    assert len(checked(platform)) == 4
    assert Pipeline(platform.services).ask("select count(*) as rows from raw.sales_orders") == [{"rows": 2}]
