"""`acme wipe` as a person types it, and as a message advises it."""

import io
import re
import shlex
from collections.abc import Iterator
from datetime import date

import dagster as dg
import pytest

from acme_assets_tests.support.databases import database
from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.deployment.instance import instance
from acme_platform.embedded import Addresses
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.services import Services

from .conftest import Acme

FAR = date(2030, 1, 1)


@pytest.fixture(scope="module")
def storage(servers: Addresses) -> Iterator[str]:
    """Dagster's database of these tests: its tables take seconds to make."""
    with database(servers.dagster_url, "template1") as url:
        yield url


@pytest.fixture
def services(
    servers_of_the_tests: None,  # noqa: ARG001 (sets the environment)
    storage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Services]:
    """Those that the command will have."""
    monkeypatch.setenv("ACME_DAGSTER_URL", storage)
    made = Services(Settings.from_env())
    yield made
    made.open_warehouse().close()
    made.open_redis().close()


def materialized(services: Services, table: str) -> set[str]:
    with instance(services) as opened:
        return set(opened.get_materialized_partitions(asset_key(table)))


def shown(services: Services, far: date) -> None:
    """As a launch with the tag `dagster/partition` left it in the UI."""
    with instance(services) as opened:
        for table in catalog.feed("sales").tables:
            opened.report_runless_asset_event(dg.AssetMaterialization(asset_key(table.full_name), partition=str(far)))


def newest(services: Services, table: str) -> str | None:
    """The day that the asset's page shows as the last one."""
    with instance(services) as opened:
        event = opened.get_latest_materialization_event(asset_key(table))
        return event.asset_materialization.partition if event and event.asset_materialization else None


@pytest.mark.slow
def test_the_command_that_a_refusal_names_takes_the_day_back_without_a_word(
    acme: Acme, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given 2030-01-01 in every table, in Redis and in the Dagster UI, as before such days were refused."""
    deliver(services, 1, 2)
    assert acme("run", "--days", "2024-01-01..2024-01-02", "--select", "group:sales").code == 0
    with monkeypatch.context() as then:
        for module in ("day", "serving.redis_cache", "ledger.filled_days"):
            then.setattr(f"acme_platform.{module}.today", lambda: FAR)
        assert acme("run", "--days", FAR, "--select", "group:sales").code == 0
    shown(services, FAR)
    assert str(FAR) in materialized(services, "cache.country")

    refused = acme("run", "--days", FAR, "--select", "cache/country")
    assert refused.code == 2
    advised = re.search(r"acme wipe --days \S+", refused.err)
    assert advised

    taken_back = acme(*shlex.split(advised.group())[1:])

    assert taken_back.code == 0, taken_back.err
    assert "2030-01-01" in taken_back.out
    for table in ("raw.sales_orders", "analytics.sales_by_country", "cache.country"):
        assert materialized(services, table) == {"2024-01-01", "2024-01-02"}
    assert newest(services, "analytics.sales_by_country") == "2024-01-02"
    assert Pipeline(services).ask("select * from ledger.builds where day > '2024-01-02'") == []
    assert Pipeline(services).hashes()["country:USA"]["order_amount"] == "20.00"
    assert "2030" not in acme("status", "sales").out


@pytest.mark.slow
def test_a_day_of_ours_is_taken_back_when_somebody_says_yes_and_later_answers_follow(
    acme: Acme, services: Services
) -> None:
    deliver(services, 1, 2, 3)
    assert acme("run", "--days", "2024-01-01..2024-01-03", "--select", "group:sales").code == 0

    asked = acme("wipe", "--days", "2024-01-02", "--select", "group:sales")

    assert asked.code == 2
    assert re.search(r"^analytics.customer_orders +2024-01-02 +2$", asked.out, re.MULTILINE)
    advised = re.search(r"acme wipe .*", asked.err)
    assert advised
    done = acme(*shlex.split(advised.group())[1:])
    assert done.code == 0, done.err
    assert "sales/orders/2024-01-02.csv stands in the lake and is loaded again at the next look" in done.err
    assert Pipeline(services).hashes()["country:USA"]["order_amount"] == "20.00"
    assert materialized(services, "raw.sales_orders") == {"2024-01-01", "2024-01-03"}


def test_where_nothing_stands_nothing_goes(acme: Acme, services: Services) -> None:  # noqa: ARG001 (the environment)
    answer = acme("wipe", "--days", day(9))
    assert answer.code == 0
    assert "nothing stands of these days" in answer.out


@pytest.mark.slow
def test_what_was_exported_of_the_days_stays_and_is_named(acme: Acme, services: Services) -> None:
    """Each time that a day left; whoever read it has it."""
    for folder in ("2024-01-02-aaa", "2024-01-02-bbb", "2024-01-03-ccc", "of-somebody"):
        services.lake.put(f"analytics_export/{folder}/agg_shipments.csv", io.BytesIO(b"a\n"))

    told = acme("wipe", "--days", day(2), "--select", "group:shop").err
    others = acme("wipe", "--days", day(2), "--select", "group:sales").err

    named = re.findall(r"analytics_export/(\S+) was exported and stays", told)
    assert (named, "was exported" in others) == (["2024-01-02-aaa", "2024-01-02-bbb"], False)
    assert len(list(services.lake.list("analytics_export/"))) == 4


@pytest.mark.parametrize("outside", [FAR, date(2023, 12, 31)])
def test_a_delivery_of_a_day_that_is_none_is_refused(
    acme: Acme, services: Services, monkeypatch: pytest.MonkeyPatch, outside: date
) -> None:
    monkeypatch.setenv("ACME_FIRST_DAY", "2024-01-01")
    file = services.settings.home.parent / "orders.csv"
    file.write_text("order_id,customer_id,order_date,amount\n")

    answer = acme("deliver", "sales", "orders", file, "--day", outside)

    assert answer.code == 2
    assert "choose days from 2024-01-01 to today" in answer.err
    assert list(services.lake.list("")) == []
