"""A company's own layer, as CONTRIBUTING.md declares one, is filled, checked, followed and shown as any other."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_orders
from acme_assets_tests.support.extra import Extra, read_beside
from acme_assets_tests.support.pipeline import day
from acme_assets_tests.support.ticking import Platform
from acme_assets_tests.test_docs import blocks
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.materialize.wipe import made_of, wipe
from acme_platform.monitoring.status import TableState, status
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

MODULE = "acme_assets/json_lines.py"
FEED = """
from acme_assets.json_lines import json_lines
from acme_platform.model.table import Feed
FEED = Feed(name="lines", description="", owner="team:x", tables=(json_lines("spenders"),))
"""
SQL = """-- One row is one country as of a day.
create table json_lines.spenders (
    as_of date not null,           -- as of this day
    country text not null,         -- the country
    spent numeric(18, 2) not null, -- what its customers ordered
    primary key (as_of, country)
);
select %(day)s::date as as_of, country, order_amount as spent
from analytics.sales_by_country where day = %(day)s;
"""
ROWS = [
    {"as_of": "2024-01-01", "country": "Norway", "spent": 0},
    {"as_of": "2024-01-01", "country": "USA", "spent": 10},
]
TABLE, KEY = "json_lines.spenders", asset_key("json_lines.spenders")


@pytest.fixture(autouse=True)
def declared(tmp_path: Path) -> Iterator[None]:
    """The module of CONTRIBUTING.md, a feed with one line, and its SQL file; no file of the platform is touched."""
    made = Extra(tmp_path / "copy")
    made.write(MODULE, dict(blocks("CONTRIBUTING.md", "python"))[MODULE])
    made.write("acme_assets/defs/lines.py", FEED)
    made.write("sql/json_lines/spenders.sql", SQL)
    with read_beside(made):
        yield


@pytest.fixture
def filled(services: Services, instance: dg.DagsterInstance) -> Platform:
    """Day 1, filled by one run of `acme run --days 2024-01-01`."""
    deliver(services, 1)
    runner = Runner(services, instance)
    assert runner.run(runner.select("group:sales or group:lines"), Days(day(1), day(1))).success
    return Platform(services, instance)


def path(services: Services) -> Path:
    return Path(services.settings.lake_url) / "analytics_export" / "spenders" / "2024-01-01.jsonl"


def file(services: Services) -> list[dict[str, object]]:
    return [json.loads(line) for line in path(services).read_text().splitlines()]


def state(services: Services) -> TableState:
    (found,) = (table for table in status(services).tables if table.table == TABLE)
    return found


def test_a_table_of_it_is_an_asset_with_the_checks_of_its_declaration_and_of_its_place(settings: Settings) -> None:
    graph = build(settings).resolve_asset_graph()
    spec = graph.get(KEY).to_asset_spec()

    assert {dep.asset_key for dep in spec.deps} == {asset_key("analytics.sales_by_country")}
    assert spec.kinds == {"json_lines", "sql", "json"}
    assert spec.metadata["dagster/uri"] == "lake:analytics_export/spenders/"
    assert {key.name for key in graph.asset_check_keys if key.asset_key == KEY} == {
        "schema_as_declared",
        "key_unique",
        "not_null",
        "file_equals_table",
        "no_day_is_lacking",
        "one_sql_for_all_days",
    }


@pytest.mark.slow
def test_a_day_of_it_is_filled_checked_and_told_in_the_same_run_as_the_others(filled: Platform) -> None:
    found = state(filled.services)

    assert file(filled.services) == ROWS
    assert (found.feed, found.newest_day, found.days, found.rows) == ("lines", day(1), 1, 2)
    assert (found.missing, found.stale, found.red_must, found.uncompared) == ([], [], 0, [])


@pytest.mark.slow
def test_its_red_check_is_told_and_filling_the_day_again_mends_it(filled: Platform) -> None:
    runner = Runner(filled.services, filled.instance)
    path(filled.services).write_text('{"country":"Sweden"}\n')

    runner.run((TABLE,), Days(day(1), day(1)))
    assert state(filled.services).red_must == 1

    assert runner.run((TABLE,), Days(day(1), day(1))).success
    assert file(filled.services) == ROWS
    assert state(filled.services).red_must == 0


@pytest.mark.slow
def test_a_day_of_it_follows_what_it_reads(filled: Platform) -> None:
    """The refresh of its feed asks for the day when the answers that it reads are of another customer."""
    assert filled.tick("lines_refresh").run_requests == []
    deliver_orders(filled.services, 1, orders=2)
    runner = Runner(filled.services, filled.instance)
    assert runner.run(runner.select("group:sales"), Days(day(1), day(1))).success

    (request,) = filled.tick("lines_refresh").run_requests or []

    assert request.asset_selection == [KEY]
    assert filled.launch([request]) == [True]
    assert state(filled.services).stale == []


@pytest.mark.slow
def test_a_day_that_is_taken_back_is_gone_from_it(filled: Platform) -> None:
    wipe(filled.services, made_of([catalog.table("raw.sales_customers")]), Days(day(1), day(1)))
    with filled.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("select count(*) from json_lines.spenders")
        assert cursor.fetchall() == [(0,)]
    assert state(filled.services).days == 0
