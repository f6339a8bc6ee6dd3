"""Dagster's processes for `acme up`: one code server, the webserver and the daemon, kept running until told to stop.

With them run others, without which the platform goes on.

Belongs here: starting, watching and stopping them. Not here: the servers they use (`servers/`), their configuration
(`instance.py`, `dagster.yaml`).

One code server serves both: a webserver and a daemon that each load the code themselves cost 110 MB more, and the
daemon loads it anew every minute.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from acme_platform.config.settings import PROJECT
from acme_platform.embedded.keeping.child import marked
from acme_platform.errors import AcmeError, MendInput, TryAgain
from acme_platform.model.company import company

LOOPBACK = "127.0.0.1"
PR_SET_PDEATHSIG = 1
#: a webserver needs five seconds here; a machine may be ten times slower
PATIENCE_SECONDS = 90.0
STOP_SECONDS = 10.0
LAST_BREATH_SECONDS = 2.0
LOADED = """{workspaceOrError {... on Workspace {locationEntries {
    loadStatus locationOrLoadError {... on PythonError {message}}
}}}}"""
#: what the webserver says that asked before the code was there: it looks again by itself
UNREACHED = "Could not reach user code server"
#: a process that ends more often in a row, each time so soon after its start, is not started again
RESTARTS, HEALTHY_SECONDS = 5, 20.0
#: a log longer than this is set aside, and what was set aside before is forgotten
LONGEST_LOG = 50_000_000
#: in the command line of the process below the code server that holds the code, and how often it is looked for
LOADED_CODE, LOOK_SECONDS = "dagster api grpc", 5.0


@dataclass
class Processes:
    """The three, in the order in which they start; they stop in the opposite one."""

    environment: Mapping[str, str]
    port: int
    logs: Path
    #: name -> program and its arguments, to run beside Dagster; one that ends again and again is left alone
    beside: Mapping[str, list[str]] = field(default_factory=dict)
    #: is told of what ended by itself and is started again
    told: Callable[[str], None] = print
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    #: name -> when it was started last, and how often in a row it ended soon after
    _began: dict[str, float] = field(default_factory=dict)
    _crashes: dict[str, int] = field(default_factory=dict)
    #: the code server that was last seen with its code, and when it was looked at
    _had_code: "subprocess.Popen[bytes] | None" = None
    _looked: float = 0.0

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start all three and wait until the webserver answers."""
        if taken(self.port):
            raise MendInput(
                f"port {self.port} of {LOOPBACK} is taken", f"stop what listens there, or: acme up --port {free_port()}"
            )
        self.logs.mkdir(parents=True, exist_ok=True)
        code_port = free_port()
        workspace = self.logs / "workspace.yaml"
        workspace.write_text(
            f"load_from:\n  - grpc_server: {{host: {LOOPBACK}, port: {code_port}, location_name: {company().name}}}\n"
        )
        self._commands = {
            "code-server": [
                *("dagster", "code-server", "start", "-m", company().definitions),
                *("-h", LOOPBACK, "-p", str(code_port)),
            ],
            "webserver": [
                *("python", "-m", "acme_platform.deployment.webserver_guard"),
                *("-w", str(workspace), "-h", LOOPBACK, "-p", str(self.port)),
            ],
            "daemon": ["dagster-daemon", "run", "-w", str(workspace)],
            **self.beside,
        }
        self._spawn("code-server")
        self._wait(lambda: taken(code_port))
        for name in ("webserver", "daemon", *self.beside):
            self._spawn(name)
        self._wait(lambda: _answers(f"{self.address}/server_info"))
        self._wait(self._loaded)
        self._had_code = self._running["code-server"]

    def watch(self, servers: Callable[[], object]) -> None:
        """Start again what ended by itself, until interrupted; `servers` does the same for the servers below."""
        while True:
            time.sleep(1)
            _until_ready(servers)
            self._end_empty_code_server()
            self._revive()
            for name in self._running:
                _set_aside(self.logs / f"{name}.log")

    def stop(self, without_daemon: Callable[[], object] = lambda: None) -> None:
        """Ask each to end, with the runs under way, and wait for it; nothing is left behind.

        First the daemon, and then what is done `without_daemon`: a sensor whose code server went before it would be
        called failed. A run is a process of its own. Whether it ends by itself or is killed, the day it was at is
        rolled back, and the sensors of the next `acme up` ask for it again.
        """
        self._end(["daemon"], signal.SIGINT)
        without_daemon()
        self._end([*self._running], signal.SIGTERM)

    def _end(self, names: Iterable[str], how: signal.Signals) -> None:
        ending = [self._running.pop(name) for name in names if name in self._running]
        for process in ending:
            _signal(process, how)
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(ending):
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _end_rest(process)

    def _spawn(self, name: str) -> None:
        executable, *arguments = self._commands[name]
        self._began[name] = time.monotonic()
        with (self.logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(Path(sys.executable).parent / executable), *arguments],
                env={**os.environ, **self.environment},
                cwd=PROJECT,  # a folder of the caller's may hold a click.py
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_prepare,  # noqa: PLW1509  # this process has one thread
            )

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            self._complain_about_ended()
            if time.monotonic() > deadline:
                raise AcmeError(f"Dagster did not answer within {PATIENCE_SECONDS:.0f} s", f"see {self.logs}")
            time.sleep(0.1)

    def _complain_about_ended(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None and name not in self.beside:
                tail = (self.logs / f"{name}.log").read_text(errors="replace").strip().splitlines()[-5:]
                raise AcmeError(f"the {name} ended at once: " + "\n".join(tail), f"see {self.logs / f'{name}.log'}")

    def _loaded(self) -> bool:
        """The webserver answers before the definitions are loaded, and also when they cannot be."""
        with urllib.request.urlopen(f"{self.address}/graphql?query={quote(LOADED)}") as answer:  # noqa: S310  # our own
            (code,) = json.load(answer)["data"]["workspaceOrError"]["locationEntries"]
        message = (code["locationOrLoadError"] or {}).get("message", "")
        if UNREACHED in message:
            return False
        if message:
            raise AcmeError(f"the definitions cannot be loaded: {message.strip()}", "mend what it names, then acme up")
        return bool(code["loadStatus"] == "LOADED")

    def _end_empty_code_server(self) -> None:
        """Dagster's goes on without the process below it that holds the code, and then nothing works any more.

        Its workers are left alone. One that is starting has no code yet, for a while.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked, server = time.monotonic(), self._running["code-server"]
        if any(_group(pid) == server.pid for pid in marked(LOADED_CODE)):
            self._had_code = server
        elif self._had_code is server or self._looked - self._began["code-server"] > PATIENCE_SECONDS:
            server.kill()

    def _revive(self) -> None:
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                has_recovered = time.monotonic() - self._began[name] > HEALTHY_SECONDS
                self._crashes[name] = 1 if has_recovered else self._crashes.get(name, 0) + 1
                if self._crashes[name] > RESTARTS:
                    self._give_up(name)
                else:
                    self.told(f"the {name} ended by itself and is started again; see {self.logs / f'{name}.log'}")
                    self._spawn(name)

    def _give_up(self, name: str) -> None:
        """Raises AcmeError when it is one of Dagster's."""
        self._complain_about_ended()
        del self._running[name]
        self.told(
            f"the {name} ended {self._crashes[name]} times in a row and is left alone; see {self.logs / f'{name}.log'}"
        )


def _signal(process: "subprocess.Popen[bytes]", what: int) -> bool:
    """To the process and all that it started; False when none of them is there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, what)
        return True
    return False


def _group(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getpgid(pid)
    return None


def _end_rest(process: "subprocess.Popen[bytes]") -> None:
    """A process is gone a moment after it was killed, and until then a user of the servers."""
    _signal(process, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + LAST_BREATH_SECONDS
    while _signal(process, 0) and time.monotonic() < deadline:
        time.sleep(0.01)


def _set_aside(log: Path) -> None:
    """Copied and emptied, not renamed: its process goes on writing at the end of the file that it has open."""
    if log.stat().st_size > LONGEST_LOG:
        shutil.copyfile(log, log.with_suffix(".old"))
        os.truncate(log, 0)


def _until_ready(servers: Callable[[], object]) -> None:
    """A server that does not come back at once is asked for again; one that cannot start ends the command."""
    with suppress(TryAgain):
        servers()


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own address
            return True
    except OSError:
        return False


def _prepare() -> None:
    """In the child: signals as usual, and an end when this process dies.

    A shell lets background jobs ignore SIGINT, children inherit that, and Dagster copies it onto SIGTERM: such a
    process could only be killed.
    """
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
