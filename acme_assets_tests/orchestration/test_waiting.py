"""One refused file is one red table: what is behind it waits, says for what, and has not failed."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.deployment.instance import instance
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.runs import Runner
from acme_platform.services import Services

ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.10
"""
BEHIND = ["staging.sales_orders", "analytics.customer_orders", "analytics.sales_by_country", "cache.country"]


@pytest.fixture
def runner(settings: Settings, dagster_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """On Dagster's storage as it is in use; another one keeps what was planned."""
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")
    services = Services(replace(settings, dagster_url=dagster_url))
    with instance(services) as opened:
        yield Runner(services, opened)


def failed_days(runner: Runner, full_name: str) -> set[str]:
    """Planned, and not filled by a run that failed: what the UI paints red."""
    storage = runner.instance.event_log_storage
    return set(
        storage.get_latest_asset_partition_materialization_attempts_without_materializations(asset_key(full_name))
    )


def test_what_is_behind_a_refused_file_waits_and_says_for_what(runner: Runner) -> None:
    Pipeline(runner.services).deliver("orders", day(1), ORDERS)
    runner.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    outcome = runner.run(runner.select("group:sales"), Days(day(1), day(2)))

    assert [table for table, _ in outcome.errors] == ["raw.sales_orders"]
    assert failed_days(runner, "raw.sales_orders") == {"2024-01-02"}
    for name in BEHIND:
        assert failed_days(runner, name) == set()
        ((said, partition),) = observed(runner, name)
        assert partition == "2024-01-02"
        assert said.startswith("waiting for raw.sales_orders of 2024-01-02: sales/orders/2024-01-02.csv: its first")


def test_the_end_of_such_a_run_is_one_sentence(runner: Runner) -> None:
    runner.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    outcome = runner.run(runner.select("group:sales"), Days(day(2), day(2)))
    logs = runner.instance.all_logs(outcome.run_id)
    red = [entry for entry in logs if int(entry.level) >= logging.ERROR]
    behind = [entry for entry in logs if entry.user_message.endswith("Not executing.")]
    (failure,) = [entry.get_dagster_event() for entry in logs if _failed(entry)]

    assert {str(entry.dagster_event_type and entry.dagster_event_type.value) for entry in red} <= {
        "STEP_FAILURE",
        "PIPELINE_FAILURE",
    }
    assert {entry.level for entry in behind} == {logging.INFO}
    assert failure.step_failure_data.error is not None
    assert failure.step_failure_data.error.cause is None


def observed(runner: Runner, full_name: str) -> list[tuple[str, str | None]]:
    records = runner.instance.fetch_observations(asset_key(full_name), limit=10).records
    seen = [record.asset_observation for record in records]
    return [(one.description or "", one.partition) for one in seen if one]


def _failed(entry: dg.EventLogEntry) -> bool:
    return entry.dagster_event_type is dg.DagsterEventType.STEP_FAILURE
