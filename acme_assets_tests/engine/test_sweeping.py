"""Files that no table needs go after a week, and never what another platform wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.ownership import MARK, own
from acme_platform.engine.parts.sorted_keys import keys_folder, part_of
from acme_platform.engine.parts.sweeping import Swept, sweep
from acme_platform.errors import MendInput
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.services import Services

STAGED = [table for table in catalog.feed("sales").tables if table.layer.keeps_versions]
LAYERS = ("raw", "staging", "analytics")
IN_TEN_DAYS = datetime.now(UTC) + timedelta(days=10)


@pytest.fixture
def on_spark(services: Services, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return replace(services, settings=settings)


def swept(services: Services, now: datetime | None = None) -> Swept:
    return sweep(TableFiles(services.settings.tables_url), services.open_warehouse(), catalog.feed("sales").tables, now)


def parts(services: Services) -> set[str]:
    with services.open_warehouse().transaction("test") as cursor:
        return lake_parts.paths(cursor)


def files(tmp_path: Path) -> set[str]:
    folder = tmp_path / "tables"
    return {str(file.relative_to(folder)) for file in folder.rglob("*.parquet") if "_delta_log" not in file.parts}


def indexes(tmp_path: Path, table: Table) -> list[str]:
    folder = tmp_path / "tables"
    return [str(file.relative_to(folder)) for file in (folder / keys_folder(table)).rglob("*") if file.is_file()]


@pytest.mark.slow
def test_what_a_day_was_before_goes_after_a_week_and_what_it_is_stays(on_spark: Services, tmp_path: Path) -> None:
    write_sample("sales", Days(day(1), day(2)), rows=300, seed=3, dirty=0.02, to=tmp_path / "lake")
    pipeline = Pipeline(on_spark)
    pipeline.fill(day(1), day(2), day(1), layers=LAYERS, accepts_rejects=True)
    strange = tmp_path / "tables" / "staging" / "theirs" / "rows.parquet"
    strange.parent.mkdir()
    strange.write_bytes(b"of somebody else")
    assert swept(on_spark) == Swept()
    assert swept(on_spark, IN_TEN_DAYS).files > 0
    assert files(tmp_path) == parts(on_spark) | {"staging/theirs/rows.parquet"}
    indexed = {part_of(table, path) for table in STAGED for path in indexes(tmp_path, table)}
    assert indexed
    assert indexed <= parts(on_spark)
    pipeline.fill(day(2), layers=("analytics",))


def test_tables_of_another_platform_are_neither_swept_nor_filled(on_spark: Services, tmp_path: Path) -> None:
    place = TableFiles(on_spark.settings.tables_url)
    place.write_text(MARK, "another one")
    with pytest.raises(MendInput, match="belong to another platform") as refused:
        swept(on_spark, IN_TEN_DAYS)
    assert MARK in refused.value.next_step
    write_sample("sales", Days(day(1), day(1)), rows=10, seed=3, dirty=0, to=tmp_path / "lake")
    with pytest.raises(MendInput, match="belong to another platform"):
        Pipeline(on_spark).fill(day(1), layers=("raw",))
    place.delete(MARK)
    own(place, on_spark.open_warehouse())
    own(place, on_spark.open_warehouse())
