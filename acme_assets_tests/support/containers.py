"""The containers of compose.yaml as plain processes: their commands and their environment, on this machine.

Names of hosts, ports and folders are mapped to what is there; every other word stays as it is written.

Belongs here: mapping, starting, asking for health, stopping. Not here: what the platform then does
(`test_compose_processes.py`).
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from acme_assets_tests.support.composed import PROJECT, Service
from acme_platform.deployment.processes import LOOPBACK, free_port
from acme_platform.embedded import wheel
from acme_platform.embedded.keeping.child import marked

#: their programs are this environment's own, beside what every image has
PATH = os.pathsep.join(
    str(folder)
    for folder in (
        Path(sys.executable).parent,
        wheel.postgresql("postgres").parent,
        wheel.valkey("valkey-server").parent,
        os.defpath,
    )
)
#: unlike 127.0.0.1 for the launcher of runs, which must treat `code` as the other container that it is
OTHER = "localhost"
ANYWHERE = "0.0.0.0"  # noqa: S104  # in a container; here it is mapped


@dataclass
class Containers:
    """`token` is in every secret, so that one search finds any of them."""

    services: dict[str, Service]
    folder: Path
    token: str
    cleanup: ExitStack
    ports: dict[tuple[str, str], str] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def port(self, name: str, inner: str) -> str:
        """The port of this machine that stands for one inside a container."""
        return self.ports.setdefault((name, inner), str(free_port()))

    def write_workspace(self) -> None:
        text = (PROJECT / "deploy/workspace.yaml").read_text()
        text = text.replace("host: code", f"host: {OTHER}").replace("4000", self.port("code", "4000"))
        (self.folder / "workspace.yaml").write_text(text)

    def environment(self, name: str) -> dict[str, str]:
        given = self.services[name].get("environment") or {}
        bare = {"PATH": PATH, "HOME": str(self.folder)}
        return bare | {variable: self._here(value) for variable, value in given.items()}

    def words(self, name: str, *parts: str) -> list[str]:
        """A command of the service; Compose writes $ as $$, and the service's own port stands there without a host."""
        return [
            re.sub(r"\b(3000|3010|4000)\b", lambda port: self.port(name, port[0]), self._here(word.replace("$$", "$")))
            for word in parts
        ]

    def run(self, name: str) -> str:
        """A one-shot; returns what it said."""
        self._complain_about_order(name)
        said = subprocess.run(
            self.words(name, *self.services[name]["command"]),
            cwd=PROJECT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stdout + said.stderr
        self._log(name).write_text(said.stdout + said.stderr)
        self.done.add(name)
        return said.stdout

    def start(self, name: str, *more: str, before: Sequence[str] = ()) -> None:
        """The command of the service with `more` behind it, begun by the one `before` it."""
        self._complain_about_order(name)
        service = self.services[name]
        command = [*before, *self.words(name, *(service.get("entrypoint") or []), *service["command"], *more)]
        with self._log(name).open("wb") as log:
            process = subprocess.Popen(
                command,
                # a test in the background of a shell would hand down that SIGINT is ignored
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # a system call only
                cwd=PROJECT,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        self.cleanup.callback(_kill, process)

    def healthy(self, name: str) -> bool:
        """What the container's own health check says."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        environment = self.environment(name) | {"PGPORT": self.port("postgres", "5432")}
        asked = subprocess.run(
            self.words(name, *words), cwd=PROJECT, env=environment, capture_output=True, check=False, timeout=60
        )
        return asked.returncode == 0

    def until(self, true: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait, and see meanwhile that nothing ended and no command line shows a secret."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"in vain for {seconds} s: {what}"
            assert [name for name, process in self.running.items() if process.poll() is not None] == []
            assert marked(self.token) == []
            time.sleep(0.1)

    def until_healthy(self, *names: str) -> None:
        for name in names:
            self.until(lambda name=name: self.healthy(name), f"{name} healthy")  # type: ignore[misc]  # bound early
            self.done.add(name)

    def until_listening(self, name: str, inner: str) -> None:
        self.until(lambda: _listens(int(self.port(name, inner))), f"{name} listening")
        self.done.add(name)

    def stop(self) -> None:
        """As Compose does: dependants first, SIGTERM, and no longer than the grace period."""
        for name in reversed(list(self.running)):
            process = self.running.pop(name)
            process.terminate()
            process.wait(_seconds(self.services[name].get("stop_grace_period") or "10s"))

    def _here(self, text: str) -> str:
        """Addresses and folders."""
        text = re.sub(
            r"(?<=[@/])(postgres|valkey|store):(\d+)", lambda at: f"{LOOPBACK}:{self.port(at[1], at[2])}", text
        )
        for there, here in {
            ANYWHERE: LOOPBACK,
            "/var/lib/acme": str(self.folder / "volume"),
            "deploy/workspace.yaml": str(self.folder / "workspace.yaml"),
            "bind * -::*": f"bind {LOOPBACK}\nport {self.port('valkey', '6379')}",
            "dir /data": f"dir {self.folder}",
        }.items():
            text = text.replace(there, here)
        return text

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _complain_about_order(self, name: str) -> None:
        assert set(self.services[name].get("depends_on") or {}) <= self.done


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _seconds(duration: str) -> float:
    """Of what Compose makes of a duration: 10s, 1m0s."""
    match = re.fullmatch(r"(?:(\d+)m)?(\d+)s", duration)
    assert match
    return int(match[1] or 0) * 60 + int(match[2])


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """With what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
