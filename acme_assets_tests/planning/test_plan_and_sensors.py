"""What a plan without days says is what the sensors then ask for and their runs fill."""

from datetime import date

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn
from acme_assets_tests.support.pipeline import FEED, Pipeline
from acme_assets_tests.support.ticking import Platform
from acme_platform.planning.asked import of_waiting
from acme_platform.services import Services

NAMES = tuple(table.full_name for table in FEED.tables)
#: arrivals, and then whatever they made stale
TICKS = 4


@pytest.fixture
def platform(services: Services, instance: dg.DagsterInstance) -> Platform:
    """Three days have gone their way."""
    deliver(services, 1, 2, 3, orders=2)
    made = Platform(services, instance)
    live(made)
    return made


def live(platform: Platform) -> None:
    """Sensors ask until nothing is left."""
    platform.launch(platform.arrivals().run_requests or [])
    for _ in range(TICKS):
        platform.launch(platform.refresh().run_requests or [])


def changes(services: Services) -> dict[tuple[str, date], int]:
    found = Pipeline(services).ask("select table_name, day, change from ledger.builds")
    return {(row["table_name"], row["day"]): row["change"] for row in found}


def holds(platform: Platform) -> int:
    """The plan and what is filled then; returns how many days that are."""
    planned, before = of_waiting(platform.services, NAMES).days, changes(platform.services)
    live(platform)
    filled = {where for where, change in changes(platform.services).items() if before.get(where) != change}

    assert (sorted(planned - filled), sorted(filled - planned)) == ([], [])
    return len(filled)


@pytest.mark.slow
def test_a_corrected_day_and_a_new_one(platform: Platform) -> None:
    """2 January again: 5 tables of it, 3 answers of 3 January. 4 January: 8 tables, Redis among them."""
    deliver_orders(platform.services, 2, orders=2, amount="11.00")
    deliver(platform.services, 4, orders=1)

    assert holds(platform) == 5 + 3 + 8


@pytest.mark.slow
def test_a_file_that_was_refused_and_a_day_beside_it(platform: Platform) -> None:
    deliver_torn(platform.services, 3)
    platform.launch(platform.arrivals().run_requests or [])
    deliver(platform.services, 4, orders=1)

    assert holds(platform) == 8


def test_nothing_waits(platform: Platform) -> None:
    assert holds(platform) == 0
