"""Schedules: which there are, that they are off, and which run each of them asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.registry import catalog
from acme_platform.services import Services

MORNING = datetime(2024, 1, 3, 6, tzinfo=UTC)


class Clock:
    """The definitions over one test's servers, with the clock's part played by the test."""

    def __init__(self, services: Services, instance: dg.DagsterInstance) -> None:
        self.services, self.instance = services, instance
        self.definitions = build(services.settings, services)

    def strike(self, schedule: str) -> dg.RunRequest | str:
        """What the schedule asks for, or why it does not."""
        with dg.build_schedule_context(self.instance, MORNING, {"services": self.services}) as context:
            tick = self.definitions.resolve_schedule_def(schedule).evaluate_tick(context)
        return tick.run_requests[0] if tick.run_requests else str(tick.skip_message)


@pytest.fixture
def clock(services: Services, tmp_path: Path) -> Iterator[Clock]:
    """A schedule opens its instance anew, which an ephemeral one does not allow."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        yield Clock(services, opened)


def test_each_rhythm_that_a_feed_names_is_a_schedule_and_none_is_on() -> None:
    definitions = build(Settings.from_env({}))
    names = {f"{feed.name}_{rhythm.name}" for feed in catalog.feeds().values() for rhythm in feed.rhythms}
    schedules = [definitions.resolve_schedule_def(name) for name in names]
    assert {schedule.name: schedule.cron_schedule for schedule in schedules} == {
        "interactions_daily": "0 6 * * *",
        "sales_every_minute": "* * * * *",
    }
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.STOPPED}


def test_the_daily_one_asks_for_yesterday_of_the_whole_feed(clock: Clock) -> None:
    request = clock.strike("interactions_daily")
    assert isinstance(request, dg.RunRequest)
    assert str(tagged_days(request.tags)) == "2024-01-02"
    tables = catalog.feed("interactions").tables
    assert request.asset_selection == [dg.AssetKey(table.full_name.split(".")) for table in tables]


@pytest.mark.slow
def test_the_one_of_every_minute_asks_for_the_newest_answers_in_redis(clock: Clock) -> None:
    assert clock.strike("sales_every_minute") == "nothing that cache.country reads is there yet"

    feed = Pipeline(clock.services)
    deliver(clock.services, 1, 2)
    feed.fill(day(1), day(2), layers=("raw", "staging", "analytics"))

    request = clock.strike("sales_every_minute")
    assert isinstance(request, dg.RunRequest)
    assert str(tagged_days(request.tags)) == "2024-01-02"
    assert request.asset_selection == [dg.AssetKey(["cache", "country"])]


def test_no_second_run_is_asked_for_while_one_is_under_way(clock: Clock) -> None:
    request = clock.strike("interactions_daily")
    assert isinstance(request, dg.RunRequest)
    clock.instance.add_run(dg.DagsterRun("job", status=dg.DagsterRunStatus.STARTED, tags=dict(request.tags)))

    assert clock.strike("interactions_daily") == "its last run is under way"
