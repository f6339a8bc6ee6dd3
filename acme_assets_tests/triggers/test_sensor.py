"""Sensors: which runs they ask for, which never again, and what they say when they ask for none."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn, one, settle, span
from acme_assets_tests.support.pipeline import RUN, Pipeline, day
from acme_assets_tests.support.ticking import Platform, days
from acme_platform.config.settings import Settings
from acme_platform.ledger import builds, deliveries
from acme_platform.services import Services
from acme_platform.triggers import new_files
from acme_platform.triggers import run_requests as request
from acme_platform.triggers.run_requests import REASON

# arrivals


@pytest.mark.slow
def test_a_new_file_is_one_run_of_its_day_down_to_the_cache(platform: Platform) -> None:
    deliver(platform.services, 5, orders=3)

    asked = platform.arrivals()

    assert days(asked) == [one(5)]
    assert platform.launch(asked.run_requests or []) == [True]
    assert Pipeline(platform.services).hashes()["country:USA"] == {"users_counts": "1", "order_amount": "30.00"}
    after = platform.arrivals()
    assert (after.run_requests, after.skip_message) == ([], "no new file")


def test_days_that_follow_each_other_are_one_run(platform: Platform) -> None:
    """Another day in a run costs some 20 ms, another run 2.5 s and more."""
    deliver(platform.services, 1, 2, 3, 7, 9, 10)

    assert days(platform.arrivals()) == [span(1, 3), one(7), span(9, 10)]


def test_one_tick_asks_for_few_runs_and_the_next_ones_for_the_rest(platform: Platform) -> None:
    deliver(platform.services, *range(1, 32, 2))
    asked = []
    for _ in range(4):
        tick = platform.arrivals()
        platform.pretend(tick.run_requests or [], dg.DagsterRunStatus.STARTED)
        asked.append(days(tick))

    assert [len(found) for found in asked] == [4, 4, 4, 4]
    assert [found for tick in asked for found in tick] == [one(number) for number in range(1, 32, 2)]


def test_a_file_that_may_still_be_written_waits(platform: Platform) -> None:
    settle(platform.services, deliver_orders(platform.services, 5), timedelta(seconds=1))

    assert days(platform.arrivals()) == []

    settle(platform.services, "sales/orders/2024-01-05.csv", new_files.SETTLE)

    assert days(platform.arrivals()) == [one(5)]


def test_a_time_in_the_future_holds_no_file_back(platform: Platform) -> None:
    """Clocks of senders are wrong for months; the file would wait that long."""
    settle(platform.services, deliver_orders(platform.services, 5), -timedelta(days=100))

    assert days(platform.arrivals()) == [one(5)]


STRANGE = (
    "sales/orders/2024-02-30.csv",
    "sales/orders/2024-01-05.xlsx",
    "sales/refunds/2024-01-05.csv",
    "sales/orders/2019-01-05.csv",
    "sales/orders/2999-01-05.csv",
    "sales/readme.txt",
)


def test_a_name_that_belongs_nowhere_is_said_once_and_holds_up_nobody(
    platform: Platform, capfd: pytest.CaptureFixture[str]
) -> None:
    for key in STRANGE:
        settle(platform.services, Pipeline(platform.services).put(key, b"x"))
    deliver_orders(platform.services, 5)

    assert days(platform.arrivals()) == [one(5)]
    said = capfd.readouterr().err.splitlines()
    assert [sum(key in line for line in said) for key in STRANGE] == [1] * len(STRANGE)

    assert days(platform.arrivals()) == [one(5)]
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_refused_file_is_not_asked_for_again_until_it_changes(platform: Platform) -> None:
    deliver_torn(platform.services, 5)
    assert platform.launch(platform.arrivals().run_requests or []) == [False]

    assert days(platform.arrivals()) == []

    deliver_orders(platform.services, 5)

    assert days(platform.arrivals()) == [one(5)]


@pytest.mark.slow
def test_a_changed_file_is_asked_for_again(platform: Platform) -> None:
    deliver(platform.services, 5, 6)
    platform.launch(platform.arrivals().run_requests or [], 'key:"raw/*"')

    deliver_orders(platform.services, 6, orders=2)

    assert days(platform.arrivals()) == [one(6)]


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_a_day_whose_run_is_under_way_waits_for_it(platform: Platform, status: dg.DagsterRunStatus) -> None:
    """Also when another file of the day came meanwhile: the run may have listed the lake before."""
    deliver(platform.services, 5)
    platform.pretend(platform.arrivals().run_requests or [], status)
    deliver_orders(platform.services, 5, orders=2)
    deliver(platform.services, 9)

    tick = platform.arrivals()

    assert days(tick) == [one(9)]
    platform.pretend(tick.run_requests or [], status)
    assert platform.arrivals().skip_message == "2024-01-05 is being materialized; 2024-01-09 is being materialized"


AGAIN = "and is tried again within the hour: see its last run, then acme run --days"


def test_after_three_failed_runs_a_file_is_left_alone_for_a_while(platform: Platform) -> None:
    deliver(platform.services, 5)
    for _ in range(3):
        asked = platform.arrivals()
        assert days(asked) == [one(5)]
        platform.pretend(asked.run_requests or [], dg.DagsterRunStatus.FAILURE)

    left = platform.arrivals()

    assert days(left) == []
    assert left.skip_message == f"2024-01-05 failed 3 times, {AGAIN} 2024-01-05"
    deliver_orders(platform.services, 5, orders=2)
    assert days(platform.arrivals()) == [one(5)]


@pytest.mark.few(1)
@pytest.mark.parametrize(("failures", "pause"), [(3, 60), (5, 60), (6, 120), (9, 240), (27, 3600)])
def test_a_file_whose_runs_were_killed_is_asked_for_again_after_a_pause_that_doubles(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, failures: int, pause: int
) -> None:
    """Whatever killed them says nothing of the file. A run that Dagster started again counts as well."""
    deliver(platform.services, 5)
    asked = platform.arrivals().run_requests or []
    for _ in range(failures):
        platform.pretend(asked, dg.DagsterRunStatus.FAILURE)

    elapse(monkeypatch, pause - 5)
    assert days(platform.arrivals()) == []
    elapse(monkeypatch, pause + 5)
    assert days(platform.arrivals()) == [one(5)]


def elapse(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """As if so much time had gone by since the runs failed."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls.fromtimestamp(time.time() + seconds, tz)

    monkeypatch.setattr(request, "datetime", Later)


def test_no_two_attempts_share_a_run_key(platform: Platform) -> None:
    """Dagster remembers run keys for ever: a second attempt under the first one's key would be dropped in silence."""
    deliver(platform.services, 5)
    keys = set()
    for _ in range(3):
        (request,) = platform.arrivals().run_requests or []
        keys.add(request.run_key)
        platform.pretend([request], dg.DagsterRunStatus.FAILURE)

    assert len(keys) == 3


@pytest.mark.slow
def test_what_is_known_stands_in_the_ledger_and_not_in_dagster(platform: Platform) -> None:
    """A new instance, a lost cursor, a second look: nothing is loaded again."""
    deliver(platform.services, 5)
    platform.launch(platform.arrivals().run_requests or [], 'key:"raw/*"')

    with dg.DagsterInstance.ephemeral() as fresh:
        assert days(Platform(platform.services, fresh).arrivals()) == []


@pytest.mark.parametrize("cursor", ["sales/orders/2024-01-05.csv", "zzz", "", None])
def test_wherever_a_look_began_the_one_after_its_end_begins_at_the_beginning(
    platform: Platform, cursor: str | None
) -> None:
    """Dagster keeps a cursor when it is given an empty one: a sensor looked behind its cursor for ever."""
    deliver(platform.services, 5)
    platform.cursors["sales_arrivals"] = cursor

    assert one(5) in days(platform.arrivals()) + days(platform.arrivals())


@pytest.mark.slow
def test_files_in_a_bucket_are_found_by_the_same_rules(
    settings: Settings, s3_bucket: str, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_files, "SETTLE", timedelta())
    platform = Platform(Services(replace(settings, lake_url=f"s3://{s3_bucket}/deliveries")), instance)
    deliver(platform.services, 5, 6)

    asked = platform.arrivals()

    assert days(asked) == [span(5, 6)]
    assert platform.launch(asked.run_requests or [], 'key:"raw/*"') == [True]
    assert days(platform.arrivals()) == []
    deliver_orders(platform.services, 6, orders=2)
    assert days(platform.arrivals()) == [one(6)]


@pytest.mark.slow
def test_thousands_of_known_files_cost_a_tick_little(
    platform: Platform, record_property: Callable[[str, object], None]
) -> None:
    """5,000 parts of one day, all loaded long ago."""
    folder = platform.services.settings.home / "lake" / "sales" / "orders" / "2024-01-05"
    folder.mkdir(parents=True)
    for number in range(5000):
        (folder / f"part-{number:04}.csv").write_bytes(b"order_id,customer_id,order_date,amount\n")
    then = [file.key for file in platform.services.lake.list("sales/") if settle(platform.services, file.key)]
    with platform.services.open_warehouse().transaction("test") as cursor:
        numbers = deliveries.new_ids(cursor, len(then))
        for number, file in zip(numbers, platform.services.lake.list("sales/"), strict=True):
            reading = deliveries.Reading(number, "raw.sales_orders", day(5), file, RUN)
            deliveries.record_loaded(cursor, reading, deliveries.Counts(0, 0, ""))
        deliveries.show(cursor, numbers)

    began = time.monotonic()
    assert days(platform.arrivals()) == []
    taken = time.monotonic() - began

    record_property("seconds", taken)
    assert taken < 5


# refresh


@pytest.mark.slow
def test_nothing_stale_asks_for_nothing(platform: Platform) -> None:
    deliver(platform.services, 1, 2)
    platform.launch(platform.arrivals().run_requests or [])

    tick = platform.refresh()

    assert (tick.run_requests, tick.skip_message) == ([], "everything is up to date")


def tables(tick: SensorExecutionData) -> list[set[str]]:
    return [{key.to_user_string() for key in request.asset_selection or []} for request in tick.run_requests or []]


@pytest.mark.slow
def test_a_correction_refreshes_the_later_answers_and_nothing_before_it(platform: Platform) -> None:
    deliver(platform.services, 1, 2, 3, 4)
    platform.launch(platform.arrivals().run_requests or [])
    deliver_orders(platform.services, 2, orders=5)
    platform.launch(platform.arrivals().run_requests or [])

    asked = platform.refresh()

    assert days(asked) == [span(3, 4)]
    assert tables(asked) == [
        {"analytics/customer_orders", "analytics/sales_by_country", "analytics/top_paying_customers", "cache/country"}
    ]
    assert platform.launch(asked.run_requests or []) == [True]
    Pipeline(platform.services).expect(
        "analytics.customer_orders where customer_id = 1",
        """
        day        | order_count
        2024-01-01 | 1
        2024-01-02 | 6
        2024-01-03 | 7
        2024-01-04 | 8
        """,
    )
    assert Pipeline(platform.services).hashes()["country:USA"]["order_amount"] == "80.00"
    assert platform.refresh().skip_message == "everything is up to date"


@pytest.mark.slow
def test_the_days_around_a_refused_one_go_on(platform: Platform) -> None:
    deliver(platform.services, 1, 2, 3, 4)
    deliver_torn(platform.services, 3)
    assert platform.launch(platform.arrivals().run_requests or []) == [False]

    for _ in range(3):
        platform.launch(platform.refresh().run_requests or [])

    assert platform.refresh().skip_message == "everything is up to date"
    with platform.services.open_warehouse().transaction("test") as cursor:
        for name in ("staging.sales_orders", "analytics.customer_orders"):
            assert set(builds.by_day(cursor, name)) >= {day(1), day(2), day(4)}
        assert day(3) not in builds.by_day(cursor, "staging.sales_orders")


def test_a_refresh_waits_for_the_runs_under_way(platform: Platform) -> None:
    """A correction that is being loaded makes stale what would be filled now."""
    deliver(platform.services, 1)
    platform.pretend(platform.arrivals().run_requests or [], dg.DagsterRunStatus.STARTED)

    assert platform.refresh().skip_message == "waits for the runs under way"


@pytest.mark.slow
def test_a_refresh_that_keeps_failing_ends_after_three_attempts_whatever_other_feeds_do(platform: Platform) -> None:
    deliver(platform.services, 1, 2)
    platform.launch(platform.arrivals().run_requests or [])
    deliver_orders(platform.services, 1, orders=2)
    platform.launch(platform.arrivals().run_requests or [], "raw/sales_orders")
    for _ in range(3):
        asked = platform.refresh()
        assert days(asked) == [one(1)]
        platform.pretend(asked.run_requests or [], dg.DagsterRunStatus.FAILURE)
        with platform.services.open_warehouse().transaction("test") as cursor:
            builds.built(cursor, "raw.of_another_feed", day(1), rows=1, run_id=RUN)

    left = platform.refresh()

    assert days(left) == []
    assert left.skip_message == f"2024-01-01 failed 3 times, {AGAIN} 2024-01-01"


def test_every_request_says_its_reason(platform: Platform) -> None:
    deliver(platform.services, 1, 5)

    reasons = [request.tags[REASON] for request in platform.arrivals().run_requests or []]

    assert len(set(reasons)) == 2
