"""Homes of servers, and commands as processes that use them, for tests that kill both.

Belongs here: what the tests beside it share. Not here: fixtures (`conftest.py`).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import LiteralString

import psycopg2
import redis

from acme_platform.config.settings import Settings
from acme_platform.embedded import Addresses, ServerState, states
from acme_platform.embedded.keeping.place import Place

ATTACH = """
import sys
from acme_platform.embedded import attach
from acme_platform.embedded.keeping.place import Place
from acme_platform.config.settings import Settings

addresses = attach(Settings.from_env())
print(addresses.warehouse_url, addresses.dagster_url, addresses.redis_url, flush=True)
sys.stdin.read()
"""


#: a keeper with less patience than the platform's
IMPATIENT = """
import sys
from acme_platform.embedded.keeping import keeper
from acme_platform.embedded import keeper_main

keeper.PAUSES = (0.0, 0.0)
keeper_main.main(home=sys.argv[1], name=sys.argv[2], linger=0.4)
"""


class Command:
    """A process that attaches to the servers of a home and stays until it is told to end."""

    def __init__(self, home: Path, become: Callable[[], None] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ATTACH],
            preexec_fn=become,  # noqa: PLW1509 - it runs system calls only
            env={"PATH": os.environ["PATH"], "ACME_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def addresses(self) -> Addresses:
        """Waits until it has them; a command that fails shows its error."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said = self.process.stdout.readline().split()
        assert len(said) == 3, self.process.stderr.read()
        return Addresses(*said)

    def end(self) -> None:
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.end()


def settings_of(home: Path) -> Settings:
    return Settings(home, None, None, None, str(home / "lake"), date(2024, 1, 1))


def state(settings: Settings, name: str) -> ServerState:
    return next(server for server in states(settings) if server.name == name)


def keeper_pid(settings: Settings, name: str) -> int:
    return int((settings.home / name / "keeper.pid").read_text())


def kill(pid: int | None) -> None:
    """kill -9, and wait until the kernel has done so much of it that its sockets and locks are closed."""
    assert pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: _has_ended(pid))


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def ask(url: str, question: LiteralString, *values: object) -> object:
    """First value of a query's answer, committed."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchall()[0][0]


def client(url: str) -> "closing[redis.Redis]":
    return closing(redis.Redis.from_url(url, decode_responses=True))


def impatient_keeper(folder: Path) -> int:
    """Start one, and be its first user, who leaves when the returned descriptor is closed."""
    place = Place(folder)
    place.make()
    user = place.enter()
    command = [sys.executable, "-c", IMPATIENT, str(folder.parent), folder.name]
    with place.keeper_log.open() as log:
        subprocess.run(command, check=True, timeout=30, stderr=log)
    return user


def command_lines() -> dict[int, str]:
    """What every process of this machine was started with, seen as anybody sees it."""
    lines = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            lines[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return lines


def servers_of(home: Path) -> dict[int, str]:
    """Process id -> command line of the postmasters and Valkeys whose files are in the home."""
    return {
        pid: line
        for pid, line in command_lines().items()
        if str(home) in line and ("/postgres " in line or "/valkey-server " in line)
    }
