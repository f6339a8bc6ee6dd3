"""Orchestrator loss: a run whose worker or code server is killed is failed, gives back its slots, and is done again.

With a code server and a daemon as the processes that they are, on PostgreSQL, and waits that are shorter than those of
`dagster.yaml`. The code server is known by two addresses: by the one of `acme up`, where the launcher looks for the
process of the worker, and by one that is not of this machine as far as the launcher knows, where it asks.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
import yaml
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG, PARENT_RUN_ID_TAG

from acme_platform.deployment.processes import LOOPBACK, free_port
from acme_platform.deployment.run_launcher import PROCESS_TAG, WORKER, WatchingLauncher

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ADDRESSES = {"here": LOOPBACK, "there": "localhost"}
LAUNCH = ("dagster", "job", "launch", "--workspace", "workspace.yaml")
PROMISED_SECONDS = 120

#: a job for each address: an asset in a pool of one slot, which says who materializes it and is done when `go` is there
DEFINITIONS = """
import os, time
from pathlib import Path
import dagster as dg

HERE = Path(__file__).parent

def patient(name: str) -> dg.AssetsDefinition:
    @dg.asset(name=name, pool=name)
    def wait(context: dg.AssetExecutionContext) -> None:
        (HERE / context.run_id).write_text(str(os.getpid()))
        while not (HERE / "go").exists():
            time.sleep(0.05)
    return wait

assets = {name: patient(name) for name in ("here", "there")}
jobs = [dg.define_asset_job(f"wait_{name}", [asset]) for name, asset in assets.items()]
defs = dg.Definitions(list(assets.values()), jobs=jobs, executor=dg.in_process_executor)
"""


def until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"in vain for {seconds} s: {what}"
        time.sleep(0.1)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


@dataclass
class Platform:
    """A code server and a daemon; workers write their process ids into the folder."""

    folder: Path
    port: int
    instance: dg.DagsterInstance
    environment: dict[str, str]
    processes: ExitStack
    code_server: "subprocess.Popen[bytes]" = field(init=False)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        log = self.processes.enter_context((self.folder / f"{words[0]}.log").open("ab"))
        command = [str(BIN / words[0]), *words[1:]]
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        self.processes.callback(_end, process)
        return process

    def start_code_server(self) -> None:
        where = ("--host", LOOPBACK, "--port", str(self.port))
        self.code_server = self.start("dagster", "api", "grpc", "--python-file", "definitions.py", *where)

    def launch(self, *names: str) -> list[str]:
        """A run by each address, through the queue; returns their ids once they are at work."""
        runs = {name: str(uuid4()) for name in names}
        started = [
            self.start(*LAUNCH, "--location", name, "--job", f"wait_{name}", "--run-id", runs[name]) for name in names
        ]
        assert [process.wait() for process in started] == [0] * len(names)
        for run in runs.values():
            self.worker(run)
        return list(runs.values())

    def worker(self, run_id: str) -> int:
        """Process of the run's worker, once it is at work."""
        until((self.folder / run_id).exists, f"run {run_id} at work")
        until(lambda: bool((self.folder / run_id).read_text()), "its process id")
        return int((self.folder / run_id).read_text())

    def until_status(self, status: DagsterRunStatus, *runs: str) -> None:
        def reached() -> bool:
            return {run.status for run in self.instance.get_runs(RunsFilter(run_ids=list(runs)))} == {status}

        until(reached, f"{status} of {runs}")

    def until_tried_again(self, run: str) -> str:
        """The run that does it again."""
        again = RunsFilter(tags={PARENT_RUN_ID_TAG: run})
        until(lambda: bool(self.instance.get_runs(again)), f"run {run} tried again")
        (retry,) = self.instance.get_runs(again)
        return retry.run_id

    def until_done_again(self, *runs: str) -> None:
        """Each is failed, and the next one gets its slot in the pool, or it could not begin."""
        self.until_status(DagsterRunStatus.FAILURE, *runs)
        retries = [self.until_tried_again(run) for run in runs]
        for retry in retries:
            self.worker(retry)
        self.let_workers_end()
        self.until_status(DagsterRunStatus.SUCCESS, *retries)

    def let_workers_end(self) -> None:
        (self.folder / "go").touch()


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def platform(tmp_path: Path, dagster_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    port = free_port()
    settings = yaml.safe_load((PROJECT / "acme_platform/deployment/dagster.yaml").read_text())
    settings["run_monitoring"] |= {"poll_interval_seconds": 1, "free_slots_after_run_end_seconds": 1}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "definitions.py").write_text(DEFINITIONS)
    servers = [{"host": host, "port": port, "location_name": name} for name, host in ADDRESSES.items()]
    (tmp_path / "workspace.yaml").write_text(
        yaml.safe_dump({"load_from": [{"grpc_server": server} for server in servers]})
    )
    monkeypatch.setenv("ACME_DAGSTER_URL", dagster_url)
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path)}
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance, ExitStack() as processes:
        made = Platform(tmp_path, port, instance, environment, processes)
        made.start_code_server()
        # a daemon that finds no code waits a minute before it looks again
        until(lambda: listens(port), "the code server")
        made.start("dagster-daemon", "run", "--workspace", "workspace.yaml")
        yield made


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_run_whose_worker_is_killed_is_done_again(platform: Platform) -> None:
    (run,) = platform.launch("here")
    kill(platform.worker(run))
    platform.until_done_again(run)


@pytest.mark.slow
def test_a_run_that_died_with_its_code_server_is_done_again_and_one_that_did_not_goes_on(platform: Platform) -> None:
    survivor, victim = platform.launch("here", "there")
    kill(platform.code_server.pid, platform.worker(victim))
    platform.start_code_server()
    platform.until_done_again(victim)
    platform.until_status(DagsterRunStatus.SUCCESS, survivor)


@pytest.fixture
def launcher() -> WatchingLauncher:
    return WatchingLauncher(patience_seconds=1)


@pytest.fixture
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that looks like a worker, by a word at its end."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", WORKER]) as process:
        yield process
        process.kill()


def test_on_this_machine_a_run_lives_as_long_as_its_process(
    launcher: WatchingLauncher, instance: dg.DagsterInstance, worker: "subprocess.Popen[bytes]"
) -> None:
    """Whatever its code server says: here there is none."""
    launcher.register_instance(instance)
    run = instance.add_run(launched(host=LOOPBACK, port=free_port()))
    instance.report_engine_event("Started process for run", run, EngineEventData.in_process(worker.pid))
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    worker.kill()
    worker.wait()
    assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND


def test_a_process_that_is_no_worker_does_not_pass_for_one(
    launcher: WatchingLauncher, instance: dg.DagsterInstance
) -> None:
    """After a restart of the machine the number of the worker may be anybody's."""
    launcher.register_instance(instance)
    run = instance.add_run(launched(host=LOOPBACK, port=free_port()))
    instance.report_engine_event("Started process for run", run, EngineEventData.in_process(os.getpid()))
    assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND


def launched(**server: object) -> dg.DagsterRun:
    return dg.DagsterRun("job", tags={GRPC_INFO_TAG: json.dumps(server)})


def test_a_code_server_may_be_away_for_as_long_as_it_takes_to_start_again(launcher: WatchingLauncher) -> None:
    run = launched(host="localhost", port=free_port())
    for _ in range(2):
        assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    time.sleep(1)
    gone = launcher.check_run_worker_health(run)
    assert gone.status is WorkerStatus.NOT_FOUND
    assert gone.msg == "its code server at localhost has been silent for 1 s"


def test_the_silence_of_one_server_is_not_held_against_another_run(launcher: WatchingLauncher) -> None:
    port = free_port()
    launcher.check_run_worker_health(launched(host="localhost", port=port))
    time.sleep(1)
    assert launcher.check_run_worker_health(launched(host="localhost", port=port)).status is WorkerStatus.RUNNING


def test_a_run_that_a_command_executes_itself_lives_as_long_as_the_command(launcher: WatchingLauncher) -> None:
    """`acme run` that was killed would otherwise hold back the sensors for hours."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "acme"]) as command:
        run = dg.DagsterRun("job", tags={PROCESS_TAG: f"{socket.gethostname()}:{command.pid}"})
        # a new process has no words for a moment
        until(lambda: launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING, "the command is seen", 10)
        command.kill()
    assert launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND


def test_a_command_of_another_machine_is_left_alone(launcher: WatchingLauncher) -> None:
    run = dg.DagsterRun("job", tags={PROCESS_TAG: "elsewhere:1"})
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING


def test_what_waits_for_a_killed_run_waits_for_less_than_two_minutes() -> None:
    """As set for the platform; the tests above wait for seconds."""
    settings = yaml.safe_load((PROJECT / "acme_platform/deployment/dagster.yaml").read_text())
    look = settings["run_monitoring"]["poll_interval_seconds"]
    assert settings["run_launcher"]["config"]["patience_seconds"] + 2 * look <= PROMISED_SECONDS
    assert settings["run_monitoring"]["start_timeout_seconds"] + look <= PROMISED_SECONDS
