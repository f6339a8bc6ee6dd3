"""The shop's sensors: one a file, one run a day, and not before the day is whole."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest

from acme_assets_tests.support.days import one, settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.shop import AWAITED, FEED, FILES, Shop, moment
from acme_assets_tests.support.ticking import Platform, days
from acme_platform.config.settings import Settings
from acme_platform.day import Days, today
from acme_platform.services import Services
from acme_platform.triggers import new_files

SENSORS = ("shop_orders_arrivals", "shop_reviews_arrivals", "shop_shipments_arrivals", "shop_arrivals")


def asked(platform: Platform) -> dict[str, list[Days | None]]:
    """Sensor -> the runs it asks for, of those that ask."""
    return {name: found for name in SENSORS if (found := days(platform.tick(name)))}


def launch(platform: Platform) -> list[bool]:
    requests = [request for name in SENSORS for request in platform.tick(name).run_requests or []]
    return platform.launch(requests, 'key:"raw/shop_*"+')


def test_each_file_has_its_sensor_and_they_run_by_themselves(platform: Platform) -> None:
    found = [platform.definitions.resolve_sensor_def(name) for name in (*SENSORS, "shop_refresh")]

    assert {sensor.default_status for sensor in found} == {dg.DefaultSensorStatus.RUNNING}


def test_a_day_is_asked_for_once_and_only_when_all_its_files_are_there(platform: Platform, shop: Shop) -> None:
    for table in FEED.deliveries:
        if table not in AWAITED:
            shop.overwrite(table, FILES[table], moment(day(5)))
    shop.overwrite("orders", FILES["orders"], moment(day(5)))

    tick = platform.tick("shop_orders_arrivals")

    assert days(tick) == []
    waits = "2024-01-05 waits for orders_data/reviews.csv and orders_data/shipment_deliveries.csv"
    assert tick.skip_message == waits
    assert platform.tick("shop_arrivals").skip_message == waits

    shop.overwrite("reviews", FILES["reviews"], moment(day(5)))
    assert asked(platform) == {}
    shop.overwrite("shipment_deliveries", FILES["shipment_deliveries"], moment(day(5)))

    assert asked(platform) == {"shop_orders_arrivals": [one(5)]}


@pytest.mark.slow
def test_the_run_of_a_whole_day_goes_down_to_redis_and_to_the_export(platform: Platform, shop: Shop) -> None:
    shop.overwrite_all(moment(day(5)))

    assert launch(platform) == [True]

    assert shop.pipeline.services.open_redis().hget("best_product", "product_name") == "Birch Lamp"
    assert len(shop.exported()) == 3
    shop.pipeline.expect("ledger.verdicts where broken_rows > 0", "table_name | check_name")
    assert asked(platform) == {}


def test_a_check_of_two_tables_looks_when_both_are_filled(platform: Platform) -> None:
    """Else the orders of a first day would be those of unknown customers, by the luck of the order of steps."""
    graph = platform.definitions.resolve_asset_graph()
    orders, customers = dg.AssetKey(["staging", "shop_orders"]), dg.AssetKey(["staging", "shop_dim_customers"])

    spec = graph.get_check_spec(dg.AssetCheckKey(orders, "shop_orders_of_unknown_customers"))

    assert customers in {dep.asset_key for dep in spec.additional_deps}


@pytest.mark.slow
def test_a_file_that_changed_alone_brings_its_day_again(platform: Platform, shop: Shop) -> None:
    shop.overwrite_all(moment(day(5)))
    launch(platform)
    shop.overwrite("reviews", FILES["reviews"].replace("3  ", "4  "), moment(day(5), 9))

    assert asked(platform) == {"shop_reviews_arrivals": [one(5)]}
    assert launch(platform) == [True]
    shop.pipeline.expect("analytics.best_performing_product", "tt_review_points\n4")


@pytest.mark.slow
def test_the_same_name_overwritten_on_the_next_day_is_the_next_day(platform: Platform, shop: Shop) -> None:
    shop.overwrite_all(moment(day(5)))
    launch(platform)
    shop.overwrite("orders", FILES["orders"], moment(day(6)))
    assert platform.tick("shop_orders_arrivals").skip_message == (
        "2024-01-06 waits for orders_data/reviews.csv and orders_data/shipment_deliveries.csv"
    )
    for table in AWAITED[1:]:
        shop.overwrite(table, FILES[table], moment(day(6)))

    assert launch(platform) == [True]
    shop.pipeline.expect("analytics.agg_shipments", "ingestion_date\n2024-01-05\n2024-01-06")


def test_a_dimension_alone_waits_for_the_next_whole_day(platform: Platform, shop: Shop) -> None:
    """Alone it would give answers that the same day's orders overturn an hour later."""
    shop.overwrite_all(moment(day(6)))
    shop.overwrite("dim_dates", FILES["dim_dates"], moment(day(5)))
    (platform.services.settings.home / "lake/orders_data/reviews.csv").unlink()
    assert asked(platform) == {}

    shop.overwrite("reviews", FILES["reviews"], moment(day(6)))

    assert asked(platform) == {"shop_orders_arrivals": [one(6)], "shop_arrivals": [one(5)]}


@pytest.mark.slow
def test_a_dated_correction_needs_no_other_file_of_its_day(platform: Platform, shop: Shop) -> None:
    """The others of that day are loaded, though the lake no longer has them."""
    shop.overwrite_all(moment(day(5)))
    launch(platform)
    shop.overwrite_all(moment(day(6)))
    launch(platform)
    shop.pipeline.deliver("reviews", day(5), FILES["reviews"].replace("3  ", "5  "))
    settle(platform.services, "shop/reviews/2024-01-05.csv")

    assert asked(platform) == {"shop_reviews_arrivals": [one(5)]}


@pytest.mark.slow
def test_a_failed_check_keeps_the_export_back_and_the_run_says_so(platform: Platform, shop: Shop) -> None:
    """The calendar lacks the day of the order."""
    shop.overwrite_all(moment(day(5)), dim_dates=FILES["dim_dates"].replace("2024-01-03", "2024-01-04"))

    assert launch(platform) == [False]

    assert shop.exported() == []
    assert shop.pipeline.red("analytics.agg_public_holiday", day(5)) >= {"agg_public_holiday_knows_every_date"}


@pytest.mark.slow
def test_a_bucket_is_watched_by_the_etag(
    settings: Settings, s3_bucket: str, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes under the same name are nothing new, whenever they were written; other bytes are."""
    monkeypatch.setattr(new_files, "SETTLE", timedelta())
    services = Services(replace(settings, lake_url=f"s3://{s3_bucket}"))
    platform, shop = Platform(services, instance), Shop(Pipeline(services, FEED))
    shop.overwrite_all()

    assert asked(platform) == {"shop_orders_arrivals": [Days(today(), today())]}
    assert launch(platform) == [True]
    shop.overwrite_all()
    assert asked(platform) == {}

    shop.overwrite("reviews", FILES["reviews"].replace("3  ", "4  "))

    assert asked(platform) == {"shop_reviews_arrivals": [Days(today(), today())]}
