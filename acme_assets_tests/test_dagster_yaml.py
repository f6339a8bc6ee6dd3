"""The files that Dagster itself reads: dagster.yaml on a real PostgreSQL, workspace.yaml, [tool.dg]."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.instance.config import PoolGranularity
from dagster._core.run_coordinator import QueuedRunCoordinator

from acme_assets.servers import Addresses

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dagster")
    shutil.copyfile(PROJECT / "dagster.yaml", folder / "dagster.yaml")
    return folder


@pytest.fixture(scope="module")
def instance(home: Path, servers: Addresses) -> Iterator[dg.DagsterInstance]:
    """One for all tests here: they read its settings or look for a run of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACME_DAGSTER_URL", servers.dagster_url)
        with dg.DagsterInstance.from_config(str(home)) as opened:
            yield opened


@dg.asset
def greeting() -> None:
    """Something to materialize."""


def test_what_one_process_materialized_another_one_sees(instance: dg.DagsterInstance, home: Path) -> None:
    run = dg.materialize([greeting], instance=instance)
    with dg.DagsterInstance.from_config(str(home)) as other:
        assert other.get_run_by_id(run.run_id) == instance.get_run_by_id(run.run_id)
        seen = other.get_latest_materialization_event(dg.AssetKey("greeting"))
    assert seen is not None
    assert seen.run_id == run.run_id


def test_output_of_runs_is_kept_beside_the_file(instance: dg.DagsterInstance, home: Path) -> None:
    run = dg.materialize([greeting], instance=instance)
    assert list(home.glob(f"storage/{run.run_id}/compute_logs/*.err"))


def test_no_password_is_shown_or_handed_to_the_processes_of_runs(
    instance: dg.DagsterInstance, servers: Addresses
) -> None:
    password = urlsplit(servers.dagster_url).password
    assert password
    assert password not in json.dumps(instance.get_ref().to_dict()) + instance.info_str()


def test_runs_wait_in_a_queue_that_is_looked_at_every_second(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    assert instance.run_coordinator.dequeue_interval_seconds == 1
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 2


def test_a_pool_is_taken_by_one_run_at_a_time(instance: dg.DagsterInstance) -> None:
    pools = instance.get_concurrency_config().pool_config
    assert (pools.pool_granularity, pools.default_pool_limit) == (PoolGranularity.RUN, 1)


def test_killed_workers_are_tried_again_and_failed_steps_are_not(instance: dg.DagsterInstance) -> None:
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 2
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_a_run_that_hangs_or_never_starts_is_ended_and_gives_back_its_slots(instance: dg.DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert 0 < instance.run_monitoring_start_timeout_seconds < instance.run_monitoring_max_runtime_seconds
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] > 0


@pytest.mark.parametrize("kind", [InstigatorType.SENSOR, InstigatorType.SCHEDULE, InstigatorType.AUTO_MATERIALIZE])
def test_no_tick_is_kept_for_ever(instance: dg.DagsterInstance, kind: InstigatorType) -> None:
    days = instance.get_tick_retention_settings(kind)
    assert days
    assert all(0 < kept <= 90 for kept in days.values()), days


def test_nothing_is_reported_to_anybody_and_no_dialog_covers_the_page(instance: dg.DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled


@pytest.mark.parametrize(
    "command",
    [
        ["dg", "check", "defs"],
        ["dagster", "definitions", "validate", "--workspace", "workspace.yaml"],
    ],
    ids=["dg", "workspace"],
)
def test_the_definitions_load_as(command: list[str], home: Path, servers: Addresses) -> None:
    environment = {**os.environ, "DAGSTER_HOME": str(home), "ACME_DAGSTER_URL": servers.dagster_url}
    program = Path(sys.executable).parent / command[0]
    loaded = subprocess.run(
        [program, *command[1:]], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
