"""What Dagster loads: every declared table as an asset with its checks, sensors, schedules, and their services.

Belongs here: putting together. Not here: anything that could stand in a module of its own.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from acme_assets import catalog, housekeeping
from acme_assets.alert import alerts, failed_runs
from acme_assets.asset import asset
from acme_assets.asset_check import asset_check
from acme_assets.automation import Automation
from acme_assets.partitions import backfill, daily
from acme_assets.schedule import schedules
from acme_assets.sensor import sensors
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.standing_check import sensor as inventory


@contextmanager
def beta_allowed() -> Iterator[None]:
    """No warnings: beta features are used in one module each, pinned with Dagster's version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


def build(settings: Settings, services: Services | None = None) -> dg.Definitions:
    """All definitions; tests and commands pass services of their own."""
    with beta_allowed():
        return _definitions(settings, services or Services(settings))


def _definitions(settings: Settings, services: Services) -> dg.Definitions:
    partitions, policy = daily(settings.first_day), backfill(settings.run_days)
    feeds = catalog.feeds().values()
    follows = {feed.name: Automation(services, feed) for feed in feeds}
    tables = [(feed, table) for feed in feeds for table in feed.tables]
    return dg.Definitions(
        assets=[asset(feed, table, partitions, policy, follows[feed.name].condition(table)) for feed, table in tables],
        asset_checks=[asset_check(table) for _, table in tables],
        sensors=[
            *(sensor for feed in feeds for sensor in (*sensors(feed), follows[feed.name].sensor())),
            inventory(),
            alerts(),
            failed_runs(),
        ],
        schedules=[*(schedule for feed in feeds for schedule in schedules(feed)), housekeeping.schedule()],
        executor=dg.in_process_executor,
        resources={"services": dg.ResourceDefinition.hardcoded_resource(services)},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Read from the environment when Dagster loads the code location, not at import."""
    return build(Settings.from_env())
