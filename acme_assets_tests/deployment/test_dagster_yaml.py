"""The files that Dagster itself reads: dagster.yaml on a real PostgreSQL, workspace.yaml, [tool.dg]."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.instance.config import PoolGranularity
from dagster._core.run_coordinator import QueuedRunCoordinator

from acme_platform.config.settings import Settings
from acme_platform.deployment.instance import environment
from acme_platform.deployment.processes import free_port
from acme_platform.deployment.run_launcher import WatchingLauncher
from acme_platform.embedded import Addresses
from acme_platform.errors import MendInput, UsageError
from acme_platform.orchestration.throw_away import refuse_dev
from acme_platform.services import Services

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dagster")
    shutil.copyfile(PROJECT / "acme_platform/deployment/dagster.yaml", folder / "dagster.yaml")
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
    assert isinstance(instance.run_launcher, WatchingLauncher)
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


@pytest.mark.slow
@pytest.mark.parametrize("words", ["check defs", "list defs"])
def test_dg_knows_the_definitions_of_a_clone_that_nobody_set_up(words: str, tmp_path: Path) -> None:
    """No server, no address, no home: with dagster.yaml in the project's root it asked for a database."""
    done = run("dg", *words.split(), environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["dg launch --assets raw/sales_orders", "dagster asset materialize --select raw/sales_orders -m {module}"]
)
def test_no_run_is_made_in_an_instance_that_is_thrown_away(words: str, tmp_path: Path) -> None:
    """They open one before they load the definitions: the run fails, starts no server and names the command."""
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ACME_HOME": str(tmp_path / "acme")}
    program, *rest = words.format(module="acme_assets.definitions").split()
    done = run(program, *rest, "--partition", "2024-01-02", environment=home)
    assert done.returncode != 0
    assert "Dagster would fill tables in an instance that it then throws away" in done.stderr
    assert "next: acme run --days DAY --select SELECTION" in done.stderr
    assert not (tmp_path / "acme").exists()


@pytest.mark.slow
@pytest.mark.parametrize("program", ["dg", "dagster"])
def test_no_ui_is_begun_on_one_either(program: str, tmp_path: Path) -> None:
    """It takes ten seconds until its code server says so."""
    command = [str(Path(sys.executable).parent / program), "dev", "--port", str(free_port())]
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ACME_HOME": str(tmp_path / "acme")}
    said = tmp_path / "said"
    with said.open("w") as log:
        begun = subprocess.Popen(command, cwd=PROJECT, env=home, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 120
        while "next: acme up" not in said.read_text() and time.monotonic() < deadline:
            time.sleep(0.5)
        os.killpg(begun.pid, signal.SIGINT)
        begun.wait(60)
    assert "next: acme up" in said.read_text()
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize(
    ("environ", "arguments"),
    [
        ({"DAGSTER_IS_DEV_CLI": "1", "DAGSTER_HOME": "/home"}, ["dagster", "api", "grpc"]),
        ({"DAGSTER_IS_DEV_CLI": "1"}, ["dg", "list", "defs"]),
        ({}, ["dagster", "code-server", "start"]),
    ],
)
def test_an_instance_of_ones_own_and_whatever_only_looks_are_let_in(
    environ: dict[str, str], arguments: list[str]
) -> None:
    refuse_dev(environ, arguments)
    with pytest.raises(MendInput, match="dg dev and dagster dev would begin a Dagster without any history"):
        refuse_dev({"DAGSTER_IS_DEV_CLI": "1"}, ["dagster", "code-server", "start"])


@pytest.mark.slow
def test_the_workspace_names_the_definitions(home: Path, servers: Addresses) -> None:
    known = {**os.environ, "DAGSTER_HOME": str(home), "ACME_DAGSTER_URL": servers.dagster_url}
    done = run("dagster", "definitions", "validate", "--workspace", "workspace.yaml", environment=known)
    assert done.returncode == 0, done.stdout + done.stderr


def run(program: str, *words: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / program), *words]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
def test_an_address_that_dagster_does_not_understand_is_refused_before_it_is_handed_on(scheme: str) -> None:
    """psql takes postgres://, SQLAlchemy does not."""
    with pytest.raises(UsageError) as refused:
        Settings.from_env({"ACME_DAGSTER_URL": f"{scheme}://dagster:hunter2@db/dagster"})
    assert refused.value.message == "ACME_DAGSTER_URL is not a URL like postgresql://user:password@host:port"
    assert "hunter2" not in str(refused.value)


def test_dagsters_home_is_never_without_its_configuration(services: Services, tmp_path: Path) -> None:
    """Each command copies the file, while the processes of others read it."""
    environment(services)
    file, ended = tmp_path / "dagster/dagster.yaml", threading.Event()
    wanted = file.read_bytes()

    def copy() -> None:
        while not ended.is_set():
            environment(services)

    with ThreadPoolExecutor() as pool:
        copying = pool.submit(copy)
        seen = {file.read_bytes() for _ in range(2000)}
        ended.set()
        copying.result()
    assert seen == {wanted}
    assert list(file.parent.iterdir()) == [file]
