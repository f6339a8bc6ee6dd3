"""Housekeeping: when it is done, and that one run of it does all of it."""

from contextlib import closing
from dataclasses import replace

import dagster as dg
import pytest

from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.deployment.instance import instance as opened
from acme_platform.services import Services

SPENT = """
insert into ledger.deliveries (table_name, day, file, size, etag, state, run_id, recorded_at)
values ('raw.sales_orders', '2024-01-01', 'x', 1, 'x', 'replaced', 'run', '2020-01-01')
"""


def test_it_is_done_every_hour_without_anybody_turning_it_on() -> None:
    schedule = build(Settings.from_env({})).resolve_schedule_def("housekeeping")
    assert schedule.cron_schedule == "17 * * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.slow
def test_one_run_of_its_job_forgets_whatever_is_old(
    settings: Settings, dagster_url: str, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")  # so that they are put back
    pipeline.change(SPENT)
    services = Services(replace(settings, dagster_url=dagster_url))
    with closing(services.open_warehouse()), closing(services.open_storage()), opened(services) as instance:
        instance.add_run(dg.DagsterRun("old", status=dg.DagsterRunStatus.SUCCESS))
        with services.open_storage().transaction("test") as cursor:
            cursor.execute("update runs set create_timestamp = '2020-01-01'")

        run = build(services.settings, services).resolve_job_def("housekeeping").execute_in_process(instance=instance)

        assert run.success
        assert [kept_run.run_id for kept_run in instance.get_runs()] == [run.run_id]
    assert pipeline.ask("select from ledger.deliveries") == []


def test_its_runs_hold_up_no_feed() -> None:
    """A run without the tag may be of any feed, whose automation then waits for it."""
    job = build(Settings.from_env({})).resolve_job_def("housekeeping")
    assert job.tags["acme/feed"] == "housekeeping"
