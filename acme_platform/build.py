"""What Dagster loads: every declared table as an asset with its checks, sensors, schedules, and their services.

Belongs here: putting together. Not here: anything that could stand in a module of its own.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput
from acme_platform.model.table import Feed
from acme_platform.orchestration.asset_checks import asset_check
from acme_platform.orchestration.assets import asset
from acme_platform.orchestration.beside import fitting
from acme_platform.orchestration.jobs import job
from acme_platform.orchestration.partitions import backfill, daily
from acme_platform.orchestration.placeholder import placeholder
from acme_platform.orchestration.resources import resources
from acme_platform.orchestration.standing_checks import sensor
from acme_platform.orchestration.throw_away import refuse_dev
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.triggers import housekeeping
from acme_platform.triggers.alerts import alerts, failed_runs
from acme_platform.triggers.automation import Automation
from acme_platform.triggers.schedules import schedules
from acme_platform.triggers.sensors import sensors

log = logging.getLogger(__name__)


@contextmanager
def beta_allowed() -> Iterator[None]:
    """No warnings: beta features are used in one module each, pinned with Dagster's version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


def build(settings: Settings, services: Services | None = None) -> dg.Definitions:
    """All definitions; tests and commands pass services of their own, on whatever instance they run."""
    with beta_allowed():
        return _definitions(settings, services or Services(settings), guarded=services is None)


def _definitions(settings: Settings, services: Services, *, guarded: bool) -> dg.Definitions:
    shared = _Shared(services, daily(settings.first_day), backfill(settings.run_days))
    common = dg.Definitions(
        sensors=[sensor(), alerts(), failed_runs()],
        schedules=[housekeeping.schedule()],
        executor=dg.in_process_executor,
        resources=resources(services, guarded=guarded),
    )
    loaded = dict(_loaded(shared))
    # One that Dagster did not take may have readers that were loaded before it.
    sound = [loaded[name] for name in catalog.feeds()]
    beside = fitting([common, *sound])
    return dg.Definitions.merge(common, *sound, *beside, *map(placeholder, catalog.broken().values()))


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
    names = {*(sensor.name for sensor in looking), *(schedule.name for schedule in ticking)}
    if twice := names & taken:
        raise MendInput(f"its sensor {min(twice)} has the name of another one", f"rename the feed {feed.name}")
    if feed.name == housekeeping.NAME:
        raise MendInput(f"its job has the name of another one, {feed.name}", "rename the feed")
    taken |= names
    return dg.Definitions(
        assets=[
            asset(feed, table, shared.partitions, shared.policy, follows.condition(table)) for table in feed.tables
        ],
        asset_checks=[asset_check(table) for table in feed.tables],
        jobs=[job(feed)],
        sensors=looking,
        schedules=ticking,
    )


def loaded(settings: Settings) -> dg.Definitions:
    """What a code location shows; what is wrong with feeds is logged. Raises MendInput for a throw-away UI."""
    refuse_dev()
    built = build(settings)
    for broken in catalog.broken().values():
        log.error("%s\n  next: %s", broken.message, broken.next_step)
    return built
