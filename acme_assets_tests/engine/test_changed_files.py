"""SQL files change under a feed on Spark: nothing that was delivered is lost, and both engines go the same way."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from deltalake import DeltaTable

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.ledger.parts import lake_parts
from acme_platform.services import Services

RAW, STAGING = "raw.sales_orders", "staging.sales_orders"
ORDERS = """
order_id | customer_id | order_date | amount | Channel | note
101      | 1           | 2024-01-01 | 1.00   | web     | a
102      | 1           | 2024-01-01 | 2.00   | shop    |
"""


@pytest.fixture
def pipeline(services: Services, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return Pipeline(replace(services, settings=settings))


def rows(pipeline: Pipeline, full_name: str, *columns: str) -> list[tuple[object, ...]]:
    """What the parts of the table hold."""
    files = pipeline.services.open_spark().files
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        parts = lake_parts.parts(cursor, full_name)
    batches = [batch for part in parts for batch in files.batches(part, list(columns))]
    return sorted(tuple(row[column] for column in columns) for batch in batches for row in batch.to_pylist())


def test_a_column_that_is_declared_later_takes_what_extra_kept_of_it(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), layers=("raw", "staging"))
    with (
        edited(RAW, ("amount text ", "amount text, channel text ")),
        edited(
            STAGING,
            ("-- what the order cost\n", "-- what the order cost\n    channel text, -- how\n"),
            ("    amount\nfrom", "    amount,\n    channel\nfrom"),
        ),
    ):
        pipeline.fill_table(RAW, day(1))
        pipeline.fill_table(STAGING, day(1))
        assert rows(pipeline, STAGING, "order_id", "channel") == [(101, "web"), (102, "shop")]
        assert rows(pipeline, RAW, "channel", "extra") == [("shop", None), ("web", '{"note": "a"}')]
    pipeline.fill_table(STAGING, day(1))
    assert rows(pipeline, STAGING, "order_id") == [(101,), (102,)]
    assert rows(pipeline, RAW, "order_id", "extra") == [
        ("101", '{"note": "a", "channel": "web"}'),
        ("102", '{"channel": "shop"}'),
    ]


def test_versions_of_before_follow_a_wider_type_and_a_new_column(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.deliver("orders", day(2), "order_id|customer_id|order_date|amount\n103|1|2024-01-02|3.00")
    pipeline.fill(day(1), day(2), layers=("raw", "staging"))
    with edited(
        STAGING,
        ("amount numeric(14, 2)", "amount numeric(18, 4)"),
        ("-- what the order cost\n", "-- what the order cost\n    currency text not null default 'E''R', -- of it\n"),
        ("    amount\nfrom", "    amount,\n    'EUR' as currency\nfrom"),
    ):
        pipeline.fill_table(STAGING, day(2))
        assert rows(pipeline, STAGING, "order_id", "amount", "currency") == [
            (101, Decimal("1.0000"), "E'R"),
            (102, Decimal("2.0000"), "E'R"),
            (103, Decimal("3.0000"), "EUR"),
        ]
        table = DeltaTable(f"{pipeline.services.settings.tables_url}/staging/sales_orders").to_pyarrow_table()
        assert sorted(table.column("currency").to_pylist()) == ["E'R", "E'R", "EUR"]


def test_a_type_that_would_lose_what_stands_in_the_lake_is_refused(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), layers=("raw", "staging"))
    with edited(STAGING, ("amount numeric(14, 2)", "amount numeric(6, 1)")), pytest.raises(MendInput, match="amount"):
        pipeline.fill_table(STAGING, day(1))
