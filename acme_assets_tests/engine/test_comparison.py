"""`acme engine compare`: both engines fill the same days, and what differs is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.cli.engine import judge
from acme_platform.day import Days
from acme_platform.engine.parts.ownership import MARK
from acme_platform.errors import MendInput
from acme_platform.materialize.engine_comparison import Compared, compare
from acme_platform.model.run_options import RunOptions
from acme_platform.registry import catalog
from acme_platform.services import Services

SALES = catalog.feed("sales")
TAKEN = RunOptions(accepts_rejects=True)
#: behind `try_cast(text as bigint`
NEXT = ") + cast(1 as bigint"
CLEAN = Days(day(1), day(2))


@pytest.fixture
def comparing(services: Services, engine_url: str, tmp_path: Path) -> Services:
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return replace(services, settings=settings)


def compared(services: Services, days: Days, options: RunOptions = TAKEN) -> list[Compared]:
    return list(compare(services, [SALES], days, lambda _: None, options))


def test_dirty_days_are_equal_and_nothing_is_left_behind(comparing: Services, tmp_path: Path) -> None:
    write_sample("sales", Days(day(1), day(3)), rows=300, seed=5, dirty=0.02, to=tmp_path / "lake")
    found = compared(comparing, Days(day(1), day(3)))
    assert [one for one in found if one.differs] == []
    counted = {(one.table, one.what): one.rows for one in found}
    assert counted["staging.sales_orders", "rows"] > 500
    assert counted["staging.sales_orders", "quarantine"] > 0
    assert counted["analytics.sales_by_country", "checks"] > 0
    assert [left.name for left in (tmp_path / "tables").iterdir()] == [MARK]
    with comparing.open_warehouse().transaction("test") as cursor:
        cursor.execute("select count(*) from pg_database where datname like 'acme_scratch%'")
        assert cursor.fetchall() == [(0,)]
        cursor.execute("select count(*) from ledger.deliveries")
        assert cursor.fetchall() == [(0,)]


@pytest.mark.slow
def test_a_cell_that_differs_is_named_with_its_row(
    comparing: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if Spark read whole numbers as the next one."""
    from acme_platform.engine import plain  # noqa: PLC0415  # the engine may not be installed

    write_sample("sales", CLEAN, rows=300, seed=5, dirty=0, to=tmp_path / "lake")
    as_it_is = plain._spark_type
    monkeypatch.setattr(plain, "_spark_type", lambda kind: as_it_is(kind) + NEXT * (kind == "bigint"))
    wrong = {one.table: one for one in compared(comparing, CLEAN) if one.differs and one.what == "rows"}
    assert "staging.sales_orders" in wrong
    assert wrong["staging.sales_orders"].only_postgresql == wrong["staging.sales_orders"].only_spark > 0
    assert any("Spark: {" in row for row in wrong["staging.sales_orders"].sample)


@pytest.mark.slow
def test_days_that_are_refused_alike_are_equal_and_counted(comparing: Services) -> None:
    Pipeline(comparing).deliver("orders", day(1), b"id,nonsense\n1,2\n")
    refusals, *others = compared(comparing, Days(day(1), day(1)))
    assert refusals.rows > 0
    assert [one for one in (refusals, *others) if one.differs] == []


@pytest.mark.slow
def test_days_of_which_nothing_was_loaded_are_not_called_equal(comparing: Services) -> None:
    """Checks that had nothing to compare agree, and say nothing."""
    empty = compared(comparing, CLEAN)
    assert any(one.what == "checks" and one.rows for one in empty)
    with pytest.raises(MendInput, match="no row of 2024-01-01"):
        judge(empty, str(CLEAN))
