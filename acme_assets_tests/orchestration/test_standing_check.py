"""Standing checks: which days a table lacks, why, and what mends them; how old a cache is."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_customers, deliver_torn
from acme_assets_tests.support.drawn_ledger import DELIVERED, WHOLE, DrawnLedger
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.ticking import Platform
from acme_platform.ledger import failures
from acme_platform.ledger.missing_days import gaps, mend
from acme_platform.registry import catalog
from acme_platform.services import Services

#: checks of sales: of every table, of every one that SQL fills, of the cache
TABLES = catalog.feed("sales").tables
#: each table tells its days, each that is filled by an SQL its older ones, each cache its age
CHECKS = (
    len(TABLES) + sum(not table.layer.is_loaded for table in TABLES) + sum(table.layer.is_in_redis for table in TABLES)
)


def lacking(services: Services, table: str) -> list[str]:
    with services.open_warehouse().transaction("test") as cursor:
        return [f"{gap.day.day}: {gap.why}" for gap in gaps(cursor, catalog.table(table))]


def mended_by(services: Services, table: str) -> str:
    with services.open_warehouse().transaction("test") as cursor:
        return mend(catalog.table(table), gaps(cursor, catalog.table(table)))


def reported(platform: Platform) -> dict[str, dg.AssetCheckEvaluation]:
    """What the next tick of the inventory says of sales that it did not say before."""
    events = [
        asset_event
        for asset_event in platform.tick("inventory").asset_events
        if isinstance(asset_event, dg.AssetCheckEvaluation)
    ]
    sales = {f"{table.layer.name}/{table.name}" for table in catalog.feed("sales").tables}
    found = {f"{event.asset_key.to_user_string()} {event.check_name}": event for event in events}
    return {name: one for name, one in found.items() if name.split()[0] in sales}


def facts(one: dg.AssetCheckEvaluation) -> Mapping[str, Any]:
    return {name: value.value for name, value in one.metadata.items()}


def test_a_table_that_has_all_days_lacks_none(services: Services) -> None:
    DrawnLedger(services).built(f"1..3: {WHOLE}")
    assert [name for name in (table.full_name for table in TABLES) if lacking(services, name)] == []


def test_a_day_is_lacking_where_something_upstream_has_it_and_the_reason_is_named(services: Services) -> None:
    ledger = DrawnLedger(services)
    ledger.built(f"1: {WHOLE}\n2: {DELIVERED}\n3: raw_customers customers\n4: {DELIVERED} orders")
    ledger.red("raw_orders", 2)
    assert lacking(services, "staging.sales_orders") == ["2: waits: a `must` check is red on what it reads"]
    assert lacking(services, "analytics.customer_orders") == [
        "2: waits for staging.sales_orders",
        "3: waits for staging.sales_orders",
        "4: missing",
    ]
    assert mended_by(services, "staging.sales_orders") == "acme run --select staging/sales_orders --days 2024-01-02"


def test_a_cache_lacks_the_newest_day_only(services: Services) -> None:
    ledger = DrawnLedger(services)
    ledger.built("1..3: raw_customers raw_orders customers orders answers countries top")
    assert lacking(services, "cache.country") == ["3: missing"]


def test_a_day_that_failed_is_lacking_though_an_older_version_of_it_is_there(services: Services) -> None:
    DrawnLedger(services).built(f"1: {WHOLE}")
    table = catalog.table("analytics.customer_orders")
    failures.attempt(services.open_warehouse(), table, "run").failed([day(1)], ValueError("too large\nline two"))
    assert lacking(services, table.full_name) == ["1: ValueError: too large"]


def test_a_refused_file_is_mended_by_another_one(platform: Platform) -> None:
    deliver_customers(platform.services, 1)
    torn = deliver_torn(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])

    (gap,) = lacking(platform.services, "raw.sales_orders")

    assert gap.startswith(f"1: refused: {torn}: ")
    assert mended_by(platform.services, "raw.sales_orders") == "acme deliver sales orders FILE --day 2024-01-01"


def test_the_inventory_reports_once_what_it_finds_and_again_when_it_is_mended(platform: Platform) -> None:
    ledger = DrawnLedger(platform.services)
    ledger.built(f"1..30: {DELIVERED}")

    found = reported(platform)
    said = found["staging/sales_orders no_day_is_lacking"]

    assert len(found) == CHECKS
    assert (said.passed, said.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert facts(said)["days"] == 30
    assert facts(said)["broken_days"][0] == "2024-01-01: missing"
    assert facts(said)["broken_days"][20:] == ["and 10 more days"]
    assert facts(said)["mend"] == "acme run --select staging/sales_orders --days 2024-01-01"
    assert reported(platform) == {}
    ledger.built("1..30: orders")
    assert reported(platform)["staging/sales_orders no_day_is_lacking"].passed


@pytest.mark.few(1)
@pytest.mark.parametrize("lost", [None, "", "no json", json.dumps([1])])
def test_a_lost_cursor_reports_everything_once_more(platform: Platform, lost: str | None) -> None:
    reported(platform)
    platform.cursors["inventory"] = lost
    assert len(reported(platform)) == CHECKS


def test_an_evaluation_outside_runs_is_the_newest_of_the_check(platform: Platform) -> None:
    """As the daemon stores it, and the UI shows it."""
    DrawnLedger(platform.services).built(f"1: {DELIVERED}")
    said = reported(platform)["staging/sales_orders no_day_is_lacking"]
    platform.instance.report_runless_asset_event(said)
    key = dg.AssetCheckKey(said.asset_key, said.check_name)
    (kept,) = platform.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert kept.status.value == "FAILED"


# caches


@pytest.mark.slow
def test_a_cache_tells_its_day_and_is_behind_when_newer_answers_are_a_minute_old(platform: Platform) -> None:
    deliver(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])
    current = reported(platform)["cache/country redis_is_current"]
    assert current.passed
    assert facts(current) == {"day_in_redis": "2024-01-01", "refreshed_minutes_ago": 0}

    DrawnLedger(platform.services).built("2: countries")
    assert "cache/country redis_is_current" not in reported(platform)
    with platform.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.builds set built_at = built_at - interval '5 minutes'")
    behind = reported(platform)["cache/country redis_is_current"]
    assert not behind.passed
    assert facts(behind)["behind_minutes"] == 5
    assert "Redis holds 2024-01-01, and newer answers are there since" in str(behind.description)


@pytest.mark.slow
def test_an_emptied_redis_is_seen(platform: Platform) -> None:
    deliver(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])
    reported(platform)
    platform.services.open_redis().flushdb()

    said = reported(platform)["cache/country redis_is_current"]

    assert said.description == "Redis was emptied or changed since the refresh of 2024-01-01"
    assert facts(said)["mend"] == "acme run --select cache/country --days 2024-01-01"


def test_readers_of_redis_find_the_age_beside_the_keys(pipeline: Pipeline) -> None:
    deliver(pipeline.services, 1)
    pipeline.fill(day(1))
    held = pipeline.services.open_redis().hgetall("acme:watermark:country")
    assert held["day"] == "2024-01-01"
    assert datetime.now(UTC) - datetime.fromisoformat(str(held["refreshed_at"])) < timedelta(minutes=1)
