"""Exports to the lake: what leaves, under which name, and what keeps it back."""

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.shop import FEED, FILES, Shop
from acme_platform.config.settings import Settings
from acme_platform.errors import BlockedByCheck
from acme_platform.ingest.files import inventory
from acme_platform.ledger.staleness import outlook
from acme_platform.materialize.layers import machinery
from acme_platform.services import Services

TABLES = ("agg_public_holiday", "agg_shipments", "best_performing_product")


@pytest.fixture
def shop(services: Services) -> Shop:
    """The fifth of January is filled and checked."""
    found = Shop(Pipeline(services, FEED))
    found.deliver(day(5))
    found.fill(day(5))
    return found


def content(shop: Shop, key: str) -> str:
    lake = shop.pipeline.services.lake
    file = lake.stat(key)
    assert file is not None
    with lake.open(file) as stream:
        return stream.read().decode()


def test_all_tables_of_a_day_leave_together_as_csv(shop: Shop) -> None:
    exported = shop.export(day(5))

    export_id = exported.more["export_id"]
    assert export_id.startswith("2024-01-05-")
    assert shop.exported() == [f"analytics_export/{export_id}/{table}.csv" for table in TABLES]
    assert (
        content(shop, f"analytics_export/{export_id}/agg_shipments.csv")
        == "ingestion_date,tt_late_shipments,tt_undelivered_items\n2024-01-05,0,0\n"
    )
    shop.pipeline.expect(
        "export.shop",
        """
        day        | table_name                        | row_count
        2024-01-05 | analytics.agg_public_holiday      | 1
        2024-01-05 | analytics.agg_shipments           | 1
        2024-01-05 | analytics.best_performing_product | 1
        """,
    )
    assert shop.pipeline.red("export.shop", day(5)) == set()


@pytest.mark.parametrize("table", TABLES)
def test_a_failed_check_of_one_table_exports_nothing_of_any_and_says_so(shop: Shop, table: str) -> None:
    shop.pipeline.change("delete from staging.shop_reviews")
    shop.check_answers(day(5))
    for other in set(TABLES) - {table}:
        mended = f"update ledger.verdicts set broken_rows = 0 where table_name = 'analytics.{other}'"  # noqa: S608  # a test's
        shop.pipeline.change(mended)

    with pytest.raises(BlockedByCheck, match=rf"the check \w+ is red on analytics.{table} of 2024-01-05") as refused:
        shop.export(day(5))

    assert f"acme run --select analytics/{table} --days 2024-01-05" in refused.value.next_step
    assert shop.exported() == []


def test_a_day_of_which_there_is_nothing_to_export_is_not_asked_for_again_until_rows_came(shop: Shop) -> None:
    """Every look would start a run that fails."""
    shop.fill(day(4))
    with pytest.raises(BlockedByCheck, match="had nothing to compare"):
        shop.export(day(4))
    assert due(shop) == {day(5)}
    shop.deliver(day(4))
    shop.fill(day(4))
    assert due(shop) == {day(4), day(5)}


def due(shop: Shop) -> set[date]:
    """Days of which the export would be asked for, the answers being as they are."""
    with shop.pipeline.services.open_warehouse().transaction("test") as cursor:
        return outlook(cursor, FEED, day(1)).ready("export.shop")


def test_a_table_filled_without_its_checks_waits_for_them(shop: Shop) -> None:
    shop.pipeline.fill_table("analytics.agg_shipments", day(5))

    with pytest.raises(BlockedByCheck, match="has not been checked on analytics"):
        shop.export(day(5))

    assert shop.exported() == []
    shop.check_answers(day(5))
    assert shop.export(day(5)).rows == 3


def test_the_same_answers_export_to_the_same_files_and_none_is_written_twice(shop: Shop) -> None:
    first = shop.export(day(5))
    files = shop.exported()
    shop.fill(day(5))
    again = shop.export(day(5))

    assert (first.more["files_written"], again.more["files_written"]) == (3, 0)
    assert first.more["export_id"] == again.more["export_id"]
    assert shop.exported() == files


def test_a_corrected_day_exports_to_a_folder_of_its_own(shop: Shop) -> None:
    """Who reads the old one while the new one comes reads the old one to its end."""
    before = shop.export(day(5)).more["export_id"]
    shop.deliver(day(5), reviews=FILES["reviews"].replace("3  ", "4  "))
    shop.fill(day(5))
    after = shop.export(day(5)).more["export_id"]

    assert before != after
    assert len(shop.exported()) == 6
    shop.pipeline.expect(
        "export.shop where table_name = 'analytics.best_performing_product'",
        f"""
        day        | file
        2024-01-05 | analytics_export/{after}/best_performing_product.csv
        """,
    )


def test_an_export_that_was_cut_short_is_finished_by_the_next_one(shop: Shop) -> None:
    export_id = shop.export(day(5)).more["export_id"]
    folder = shop.pipeline.services.settings.home / "lake" / "analytics_export" / export_id
    (folder / "agg_shipments.csv").unlink()

    assert shop.export(day(5)).more["files_written"] == 1
    assert len(shop.exported()) == 3


@pytest.mark.slow
def test_text_that_a_spreadsheet_would_run_leaves_as_text(shop: Shop) -> None:
    shop.deliver(day(5), dim_products=FILES["dim_products"].replace("Birch Lamp", "=1+1"))
    shop.fill(day(5))
    export_id = shop.export(day(5)).more["export_id"]

    assert ",'=1+1," in content(shop, f"analytics_export/{export_id}/best_performing_product.csv")


def test_nothing_is_left_of_the_work(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No downloaded file, no draft, no table that holds a file outside raw."""
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(working))
    shop.deliver(day(6))
    shop.fill(day(6))
    shop.export(day(6))

    assert list(working.iterdir()) == []
    shop.pipeline.expect(
        "pg_class where relnamespace = 'raw_files'::regnamespace and relkind = 'r' and not relispartition",
        "relname",
    )


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "spoil",
    [
        "update export.shop set row_count = 2 where table_name = 'analytics.agg_shipments'",
        "delete from export.shop where table_name = 'analytics.agg_shipments'",
        "update export.shop set size = size + 1 where table_name = 'analytics.agg_shipments'",
        "update export.shop set file = 'analytics_export/x/y.csv' where table_name = 'analytics.agg_shipments'",
        "delete from analytics.agg_shipments",
    ],
)
def test_a_check_compares_lake_and_tables(shop: Shop, spoil: str) -> None:
    services = shop.pipeline.services
    shop.export(day(5))
    (check,) = machinery(FEED.tables[-1]).checks(FEED.tables[-1])
    with services.open_warehouse().transaction("test") as cursor:
        assert check.on(cursor, services, FEED.tables[-1], day(5)).passed

    shop.pipeline.change(spoil)

    with services.open_warehouse().transaction("test") as cursor:
        verdict = check.on(cursor, services, FEED.tables[-1], day(5))
    assert [row["table_name"] for row in verdict.sample] == ["analytics.agg_shipments"]


def test_exports_are_no_deliveries(shop: Shop) -> None:
    shop.export(day(5))
    services = shop.pipeline.services
    with services.open_warehouse().transaction("test") as cursor:
        inventory_now = inventory.take(cursor, services.lake, services.settings.first_day)

    assert inventory_now.waiting == []
    assert inventory_now.strange == {}


def test_a_bucket_takes_exports_by_the_same_rules(settings: Settings, s3_bucket: str) -> None:
    shop = Shop(Pipeline(Services(replace(settings, lake_url=f"s3://{s3_bucket}/acme")), FEED))
    shop.deliver(day(5))
    shop.fill(day(5))
    shop.export(day(5))

    assert len(shop.exported()) == 3
    assert shop.export(day(5)).more["files_written"] == 0
