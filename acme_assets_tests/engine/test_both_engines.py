"""Both engines make the same of the same deliveries: every answer, every verdict and every row of the quarantine."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.checks.builtin import checks
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.embedded import Addresses
from acme_platform.ledger.parts import lake_parts
from acme_platform.materialize.judging import judge
from acme_platform.registry import catalog
from acme_platform.services import Services

#: not in the order of the days, and the first one again
ORDER = (2, 4, 1, 3)
FEEDS = ("sales", "interactions", "bookings", "shop")
QUARANTINE = "select day, file, row_number, reason, record from quarantine.rows where table_name = %s order by 1, 2, 3"


@pytest.fixture
def on_postgresql(services: Services) -> Services:
    return services


@pytest.fixture
def on_spark(
    settings: Settings, engine_url: str, servers: Addresses, warehouse_template: str, tmp_path: Path
) -> Iterator[Services]:
    """With a warehouse and tables of its own, over the same lake."""
    with database(servers.warehouse_url, warehouse_template) as url:
        tables_url = (tmp_path / "tables").as_uri()
        yield Services(replace(settings, warehouse_url=url, engine_url=engine_url, tables_url=tables_url))


def made(services: Services, feed: str) -> dict[str, dict[str, object]]:
    """What the engine makes of the feed's deliveries."""
    pipeline = Pipeline(services, catalog.feed(feed))
    for number in ORDER:
        pipeline.fill(day(number), layers=("raw", "staging"), accepts_rejects=True)
    pipeline.fill(day(2), layers=("raw", "staging"), accepts_rejects=True)
    for number in sorted(ORDER):
        pipeline.fill(day(number), layers=("analytics",))
    days = [day(number) for number in ORDER]
    return {table.full_name: seen_of(services, table.full_name, days) for table in catalog.feed(feed).tables}


def seen_of(services: Services, full_name: str, days: Sequence[date]) -> dict[str, object]:
    """What a person may see of a table: its answers, what was rejected, and the verdicts of days."""
    table = catalog.table(full_name)
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute(QUARANTINE, (full_name,))
        seen: dict[str, object] = {"quarantine": cursor.fetchall()}
        if table.layer.is_answer:
            columns = ", ".join(table.sql.shape.names)
            cursor.execute(f"select {columns} from {full_name}")  # noqa: S608  # a text of a test
            seen["rows"] = sorted(cursor.fetchall(), key=repr)
        if table.layer.is_answer or table.layer.is_delivered:
            seen["verdicts"] = [
                (verdict.check, verdict.day, verdict.broken_rows, verdict.compared)
                for check in checks(table)
                for verdict in (judge(services, cursor, check, table, checked_day) for checked_day in days)
            ]
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("feed", FEEDS)
def test_both_engines_make_the_same_of_dirty_days_in_any_order(
    on_postgresql: Services, on_spark: Services, feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(feed, Days(day(1), day(4)), rows=400, seed=3, dirty=0.02, to=tmp_path / "lake")
    expected = made(on_postgresql, feed)
    monkeypatch.setenv("ACME_ENGINE", "spark")
    found = made(on_spark, feed)
    for name, wanted in expected.items():
        assert found[name] == wanted, name
    assert any(seen["quarantine"] for seen in found.values()), "nothing was rejected"


def test_the_log_of_a_table_shows_everybody_the_rows_of_its_days(
    on_spark: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `deltalake` reads it, which knows nothing of the platform."""
    from deltalake import DeltaTable  # noqa: PLC0415  # the reader of this test

    write_sample("sales", Days(day(1), day(2)), rows=300, seed=3, dirty=0, to=tmp_path / "lake")
    monkeypatch.setenv("ACME_ENGINE", "spark")
    Pipeline(on_spark, catalog.feed("sales")).fill(day(1), day(2), day(1), layers=("raw", "staging", "analytics"))
    for name in ("raw/sales_orders", "staging/sales_orders", "analytics/sales_by_country"):
        with on_spark.open_warehouse().transaction("test") as cursor:
            parts = lake_parts.parts(cursor, name.replace("/", "."))
        shown = DeltaTable(f"{on_spark.settings.tables_url}/{name}").to_pyarrow_table()
        assert {part.day for part in parts} == set(shown.column("day").to_pylist())
        assert len(shown) == sum(part.rows for part in parts) > 0
