"""What Dagster loads: every declared table as an asset with its checks, sensors, schedules, and their services.

Belongs here: putting together. Not here: anything that could stand in a module of its own.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from acme_assets import catalog, housekeeping
from acme_assets.alert import alerts, failed_runs
from acme_assets.asset import asset
from acme_assets.asset_check import asset_check
from acme_assets.automation import Automation
from acme_assets.errors import MendInput
from acme_assets.partitions import backfill, daily
from acme_assets.placeholder import placeholder
from acme_assets.schedule import schedules
from acme_assets.sensor import sensors
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.standing_check import sensor as inventory
from acme_assets.table import Feed

log = logging.getLogger(__name__)


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
    shared = _Shared(services, daily(settings.first_day), backfill(settings.run_days))
    common = dg.Definitions(
        sensors=[inventory(), alerts(), failed_runs()],
        schedules=[housekeeping.schedule()],
        executor=dg.in_process_executor,
        resources={"services": dg.ResourceDefinition.hardcoded_resource(services)},
    )
    loaded = dict(_loaded(shared))
    # One that Dagster did not take may have readers that were loaded before it.
    sound = [loaded[name] for name in catalog.feeds()]
    return dg.Definitions.merge(common, *sound, *map(placeholder, catalog.broken().values()))


@dataclass(frozen=True)
class _Shared:
    """What the definitions of all feeds are made with."""

    services: Services
    partitions: dg.PartitionsDefinition[str]
    policy: dg.BackfillPolicy


def _loaded(shared: _Shared) -> Iterator[tuple[str, dg.Definitions]]:
    """Each feed by itself; what Dagster does not take is set aside, and the others go on."""
    taken: set[str] = set()
    for feed in list(catalog.feeds().values()):
        # who reads one that was just set aside is so, too
        if feed.name not in catalog.feeds():
            continue
        try:
            yield feed.name, _of_feed(shared, feed, taken)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            catalog.set_aside(feed, error)


def _of_feed(shared: _Shared, feed: Feed, taken: set[str]) -> dg.Definitions:
    follows = Automation(shared.services, feed)
    looking: list[dg.SensorDefinition] = [*sensors(feed), follows.sensor()]
    ticking = schedules(feed)
    names = {*(one.name for one in looking), *(one.name for one in ticking)}
    if twice := names & taken:
        raise MendInput(f"its sensor {min(twice)} has the name of another one", f"rename the feed {feed.name}")
    taken |= names
    return dg.Definitions(
        assets=[
            asset(feed, table, shared.partitions, shared.policy, follows.condition(table)) for table in feed.tables
        ],
        asset_checks=[asset_check(table) for table in feed.tables],
        sensors=looking,
        schedules=ticking,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Read from the environment when Dagster loads the code location, not at import."""
    built = build(Settings.from_env())
    for one in catalog.broken().values():
        log.error("%s\n  next: %s", one.message, one.next_step)
    return built
