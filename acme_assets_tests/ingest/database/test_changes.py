"""The sensor of an operational database: which days it asks for, and what it says when it asks for none."""

from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from acme_assets_tests.support.origin import FEED, Origin
from acme_platform.build import build
from acme_platform.day import ONE_DAY, Days, today
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.triggers.source_changes import look

YESTERDAY = today() - ONE_DAY


def tick(origin: Origin, instance: dg.DagsterInstance) -> SensorExecutionData:
    definitions = build(origin.services.settings, origin.services)
    resources = {"services": origin.services}
    context = dg.build_sensor_context(
        instance, sensor_name="operations_arrivals", definitions=definitions, resources=resources
    )
    with context:
        return definitions.resolve_sensor_def("operations_arrivals").evaluate_tick(context)


def wanted(origin: Origin) -> list[str]:
    return [str(day) for day in look(origin.services, FEED).days]


def finish(origin: Origin) -> None:
    """Yesterday is over for the watermark: nothing of it can come any more."""
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.watermarks set complete_to = day + 1 where day < %s", (today(),))


@pytest.mark.slow
def test_the_first_look_asks_for_every_day_since_the_oldest_change(origin: Origin) -> None:
    origin.order(1, f"{today() - timedelta(days=3)} 10:00")

    assert wanted(origin) == [str(today() - timedelta(days=ago)) for ago in (3, 2, 1, 0)]


@pytest.mark.slow
def test_a_day_of_long_ago_that_somebody_asked_for_brings_no_days_in_which_nothing_changed(origin: Origin) -> None:
    """Filling all feeds for a day of 2024 once made this sensor ask for a thousand empty days."""
    origin.order(1, f"{today() - timedelta(days=5)} 10:00")
    origin.extract(today() - timedelta(days=300), "run 1")

    assert wanted(origin) == [str(today() - timedelta(days=ago)) for ago in (5, 4, 3, 2, 1, 0)]


def test_a_look_is_a_few_sessions_at_the_source_however_many_days_nobody_looked(origin: Origin) -> None:
    """It was three for each day since the first one: 6,000 after three years."""
    before = sessions(origin)
    assert wanted(origin) == [str(today())]
    assert sessions(origin) - before < 10


def sessions(origin: Origin) -> int:
    with origin.write() as cursor:
        cursor.execute("select sessions from pg_stat_database where datname = current_database()")
        ((count,),) = cursor.fetchall()
        return int(count)


@pytest.mark.slow
def test_an_empty_source_is_asked_about_today_once(origin: Origin) -> None:
    assert wanted(origin) == [str(today())]
    origin.extract(today(), "run 1")
    assert wanted(origin) == []


def test_a_change_of_any_table_asks_for_today_and_no_change_for_nothing(origin: Origin) -> None:
    origin.extract(today(), "run 1")
    for number, change in enumerate(
        (
            "insert into operations.orders (order_id, status) values (1, 'PENDING')",
            "update operations.orders set status = 'COMPLETED', updated_at = now() + interval '1 ms'",
            "insert into operations.order_items (order_id) values (1)",
        )
    ):
        origin.run(change)
        assert wanted(origin) == [str(today())]
        origin.extract(today(), f"run {number + 2}")
        assert wanted(origin) == []


def test_a_day_that_is_not_complete_is_asked_for_again_and_days_without_a_look_are_made_up_for(origin: Origin) -> None:
    origin.extract(YESTERDAY - ONE_DAY, "run 1")
    finish(origin)
    assert wanted(origin) == [str(YESTERDAY), str(today())]
    origin.extract(YESTERDAY, "run 2")
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.watermarks set complete_to = day + interval '23:59' where day = %s", (YESTERDAY,))
    assert wanted(origin) == [str(YESTERDAY), str(today())]


@pytest.mark.slow
def test_a_change_becomes_one_run_of_its_days_with_one_reason_until_it_is_read(
    origin: Origin, instance: dg.DagsterInstance
) -> None:
    first = tick(origin, instance)
    origin.run("insert into operations.orders (order_id, status) values (1, 'PENDING')")
    second = tick(origin, instance)

    assert [tagged_days(dict(request.tags)) for request in first.run_requests or []] == [Days(today(), today())]
    keys = [[request.run_key for request in asked.run_requests or []] for asked in (first, second)]
    assert keys[0] == keys[1]
    origin.extract(today(), "run 1")
    assert (tick(origin, instance).run_requests, tick(origin, instance).skip_message) == ([], "nothing changed")


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["unreachable", "without a table"])
def test_a_source_that_cannot_be_asked_is_said_and_starts_nothing(
    origin: Origin, instance: dg.DagsterInstance, broken: str
) -> None:
    if broken == "unreachable":
        origin.reads("postgresql://me:secret@127.0.0.1:1/finance_db")
    else:
        origin.run("drop table operations.products")

    said = tick(origin, instance)

    assert said.run_requests == []
    assert ("127.0.0.1:1/finance_db" if broken == "unreachable" else "operations.products") in str(said.skip_message)
    assert "secret" not in str(said.skip_message)


def test_a_database_that_changes_all_the_time_is_read_once_a_minute(
    origin: Origin, instance: dg.DagsterInstance
) -> None:
    """Read at every change it was four runs a minute, each of a few rows."""
    origin.extract(today(), "run 1")
    origin.run("insert into operations.orders (order_id, status) values (1, 'PENDING')")
    at_once = tick(origin, instance)
    read_ago(origin, 61)
    later = tick(origin, instance)

    assert at_once.run_requests == []
    assert "ago, and is once in 60 s (ACME_CHANGES_SECONDS)" in str(at_once.skip_message)
    assert [tagged_days(dict(request.tags)) for request in later.run_requests or []] == [Days(today(), today())]


def read_ago(origin: Origin, seconds: int) -> None:
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.pulses set seen_at = seen_at - make_interval(secs => %s)", (seconds,))
