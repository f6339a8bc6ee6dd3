"""The run launcher: Dagster's default one, which also notices that the worker of a run is gone.

Belongs here: whether a run that calls itself started is still worked on. Not here: how often that is asked and what
follows (run monitoring and run retries, `dagster.yaml`).

A run is a child process of a code server, and both can be killed: by a person, by the kernel when memory is short, with
their container. The default launcher never looks after them, so that such a run stays started, and keeps its slots,
until the longest runtime is over.

On this machine the worker's process is what counts. A code server that is reloaded or started again knows nothing of
the runs of its predecessor, whose workers go on. In containers the server is asked: there its end is theirs.
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from typing import Any, Self

import dagster as dg
from dagster import DagsterEventType, DefaultRunLauncher, deserialize_value

from acme_platform.deployment.dagster_private import (
    GRPC_INFO_TAG,
    CanCancelExecutionRequest,
    CanCancelExecutionResult,
    CheckRunHealthResult,
    ConfigurableClassData,
    DagsterGrpcClient,
    DagsterUserCodeUnreachableError,
    EngineEventData,
    WorkerStatus,
)
from acme_platform.deployment.processes import LOOPBACK
from acme_platform.embedded.keeping.child import marked

#: an answer takes milliseconds; the other runs wait to be looked at
ANSWER_SECONDS = 10
#: in the command line of every worker, which a code server starts by multiprocessing
WORKER = "--multiprocessing-fork"
#: in the command line of every command that executes runs itself
COMMAND = "acme"
PROCESS_TAG = "acme/process"


class WatchingLauncher(DefaultRunLauncher):
    """Starts runs in their code server, and tells run monitoring which of them have lost their worker."""

    def __init__(self, patience_seconds: int, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._patience_seconds = patience_seconds
        #: run -> since when its code server does not answer
        self._silent_since: dict[str, float] = {}

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"patience_seconds": int}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Asked for every started run; whatever is not RUNNING fails it, and run retries start it again."""
        launched = run.tags.get(GRPC_INFO_TAG)
        if launched is None:
            return _look_for_command(run)
        server = json.loads(launched)
        return self._look_for_process(run) if server["host"] == LOOPBACK else self._ask(run, server)

    def _look_for_process(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        pid = self._worker_pid(run)
        if pid in marked(WORKER):
            return _running(f"process {pid}")
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"its process {pid} is gone")

    def _worker_pid(self, run: dg.DagsterRun) -> int | None:
        """What the worker writes before it calls the run started."""
        for record in self._instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
            said = record.get_dagster_event().event_specific_data
            if isinstance(said, EngineEventData) and (pid := said.metadata.get("pid")):
                return int(str(pid.value))
        return None

    def _ask(self, run: dg.DagsterRun, server: Mapping[str, Any]) -> CheckRunHealthResult:
        request = CanCancelExecutionRequest(run_id=run.run_id)
        try:
            answer = DagsterGrpcClient(**server).can_cancel_execution(request, timeout=ANSWER_SECONDS)
        except DagsterUserCodeUnreachableError:
            return self._bear_silence(run, server)
        self._silent_since.pop(run.run_id, None)
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return _running("its code server executes it")
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its code server does not know it, and was started again")

    def _bear_silence(self, run: dg.DagsterRun, server: Mapping[str, Any]) -> CheckRunHealthResult:
        """The worker may live on behind a broken network: the run is then done twice, which its transactions bear."""
        now = time.monotonic()
        silent = now - self._silent_since.setdefault(run.run_id, now)
        if silent < self._patience_seconds:
            return _running(f"its code server has been silent for {silent:.0f} s")
        del self._silent_since[run.run_id]
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, f"its code server at {server['host']} has been silent for {silent:.0f} s"
        )


def own_process() -> dict[str, str]:
    """The tag of a run that a command executes in its own process."""
    return {PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}"}


def _look_for_command(run: dg.DagsterRun) -> CheckRunHealthResult:
    host, _, pid = run.tags.get(PROCESS_TAG, "").rpartition(":")
    if host != socket.gethostname() or int(pid) in (os.getpid(), *marked(COMMAND)):
        return _running("a command executes it in its own process")
    return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"the command that executed it, process {pid}, is gone")


def _running(why: str) -> CheckRunHealthResult:
    return CheckRunHealthResult(WorkerStatus.RUNNING, why)
