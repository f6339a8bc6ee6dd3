"""A table of the lake as Iceberg: what `pyiceberg` reads, which knows nothing of the platform."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog

from acme_assets_tests.support.pipeline import day
from acme_platform.engine.parts.iceberg_log import IcebergLog, open_catalog
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.services import Services

SCHEMA = pa.schema([("day", pa.date32()), ("order_id", pa.int64()), ("amount", pa.decimal128(14, 2))])
NAME = ("staging", "iceberg_orders")


@pytest.fixture
def catalog(services: Services) -> Iterator[Catalog]:
    with open_catalog(services.open_warehouse()) as opened:
        yield opened


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return tmp_path / "tables"


def log(catalog: Catalog, tables: Path, schema: pa.Schema = SCHEMA) -> IcebergLog:
    return IcebergLog(tables.as_uri(), "/".join(NAME), schema, "day", catalog)


def part(tables: Path, name: str, of: date, orders: dict[int, str], schema: pa.Schema = SCHEMA) -> LakePart:
    """A file of these orders and amounts."""
    file = tables / "/".join(NAME) / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [(of, number, Decimal(amount), "new", 7, number) for number, amount in orders.items()]
    named = ("day", "order_id", "amount", "note", "delivery_id", "row_number")
    columns = dict(zip(named, zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table({name: columns[name] for name in schema.names}, schema=schema), file)
    return LakePart(of, f"{'/'.join(NAME)}/{name}.parquet", len(rows), file.stat().st_size)


def shown(catalog: Catalog, *columns: str) -> list[tuple[object, ...]]:
    rows = catalog.load_table(NAME).scan().to_arrow().to_pylist()
    return sorted((tuple(row[column] for column in columns) for row in rows), key=repr)


def test_the_table_shows_the_rows_of_its_days_and_of_no_part_that_is_gone(catalog: Catalog, tables: Path) -> None:
    first, second = part(tables, "a", day(1), {1: "1.50", 2: "2.00"}), part(tables, "b", day(2), {3: "3.25"})
    log(catalog, tables).follow([first, second], "run")
    assert [row[0] for row in shown(catalog, "order_id")] == [1, 2, 3]
    corrected = part(tables, "c", day(1), {1: "9.99"})
    log(catalog, tables).follow([corrected, second], "run")
    assert [str(amount) for (amount,) in shown(catalog, "amount")] == ["3.25", "9.99"]
    assert set(shown(catalog, "day")) == {(day(1),), (day(2),)}


def test_a_day_changes_by_one_commit_and_nothing_by_none(catalog: Catalog, tables: Path) -> None:
    parts = [part(tables, "a", day(1), {1: "1.50"}), part(tables, "b", day(2), {2: "2.00"})]
    assert log(catalog, tables).version is None
    assert log(catalog, tables).follow(parts, "first")
    before = catalog.load_table(NAME)
    assert not log(catalog, tables).follow(parts, "second")
    corrected = [part(tables, "c", day(1), {1: "1.75"}), part(tables, "d", day(1), {4: "4.00"}), parts[1]]
    assert log(catalog, tables).follow(corrected, "third")
    after = catalog.load_table(NAME)
    assert [entry.snapshot_id for entry in after.history()] == [
        before.metadata.current_snapshot_id,
        after.metadata.current_snapshot_id,
    ]
    assert sorted(before.scan().to_arrow()["order_id"].to_pylist()) == [1, 2], "a reader of the day before"
    assert log(catalog, tables).paths == {
        "c.parquet": (str(day(1)), corrected[0].bytes),
        "d.parquet": (str(day(1)), corrected[1].bytes),
        "b.parquet": (str(day(2)), parts[1].bytes),
    }


def test_a_day_without_rows_leaves_the_table_without_them(catalog: Catalog, tables: Path) -> None:
    log(catalog, tables).follow([part(tables, "a", day(1), {1: "1.50"})], "run")
    log(catalog, tables).follow([], "run")
    assert shown(catalog, "order_id") == []


def test_a_column_that_came_later_is_empty_before_and_one_that_went_is_gone(catalog: Catalog, tables: Path) -> None:
    older = part(tables, "a", day(1), {1: "1.50"})
    log(catalog, tables).follow([older], "run")
    wider = pa.schema([*SCHEMA, ("note", pa.string())])
    newer = part(tables, "b", day(2), {2: "2.00"}, wider)
    log(catalog, tables, wider).follow([older, newer], "run")
    assert shown(catalog, "order_id", "note") == [(1, None), (2, "new")]
    narrower = pa.schema([SCHEMA.field("day"), SCHEMA.field("order_id")])
    log(catalog, tables, narrower).follow([newer], "run")
    assert catalog.load_table(NAME).scan().to_arrow().to_pylist() == [{"day": day(2), "order_id": 2}]


def test_a_part_may_hold_the_places_of_its_rows_which_the_table_does_not_show(catalog: Catalog, tables: Path) -> None:
    """As parts of judged rows do."""
    placed = pa.schema([("delivery_id", pa.int64()), ("row_number", pa.int64()), *SCHEMA])
    log(catalog, tables).follow([part(tables, "a", day(1), {1: "1.50"}, placed)], "run")
    assert catalog.load_table(NAME).scan().to_arrow().column_names == SCHEMA.names
    assert shown(catalog, "order_id") == [(1,)]


def test_the_catalog_stands_in_a_schema_of_its_own(services: Services, catalog: Catalog, tables: Path) -> None:
    log(catalog, tables).follow([part(tables, "a", day(1), {1: "1.50"})], "run")
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute("select schemaname from pg_tables where tablename = 'iceberg_tables'")
        assert cursor.fetchall() == [("iceberg",)]
