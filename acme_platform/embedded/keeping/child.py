"""The processes of one server: starting them, finding those that a crash left behind, ending them.

Belongs here: what is true of any server's process. Not here: which program it is (`postgresql.py`, `valkey.py`), and
when it starts and ends (`keeper.py`).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from acme_platform.embedded.keeping.account import Account
from acme_platform.embedded.keeping.log import Log
from acme_platform.errors import TryAgain

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
#: nothing of the caller's environment reaches a server: no PG* that changes it, no key that a log could show
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
#: a process that waits for a disk does not die before the disk answers
REAPED_WITHIN = 30.0


def spawn(
    command: list[str],
    account: Account,
    folder: Path,
    log: Log,
    *,
    last_wish: signal.Signals,
    stdin: int = subprocess.DEVNULL,
    settings: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a program as the account; `settings` are variables beside ours.

    On Linux it is sent `last_wish` when its starter dies.
    """
    parent = os.getpid()

    def prepare() -> None:
        account.enter()
        # after the change of account, which clears it
        if LINUX:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(last_wish), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with log.open() as said:
        return subprocess.Popen(
            command,
            preexec_fn=prepare,  # noqa: PLW1509 - a keeper has one thread
            cwd=folder,
            env={**ENVIRONMENT, **(settings or {})},
            stdin=stdin,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def end(child: "subprocess.Popen[bytes]", how: signal.Signals, patience: float) -> None:
    """Ask once, then insist."""
    child.send_signal(how)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def clear_leftovers(mark: str, main: int | None, how: signal.Signals, patience: float) -> None:
    """End every process whose command line carries the mark, `main` first and in its own way.

    After kill -9 of the keeper, its server still writes its last checkpoint. After kill -9 of a postmaster, a busy
    backend runs on. A new server must not open the data before all of them are gone.
    """
    if main is not None and main in marked(mark):
        _signal([main], how)
        _wait(lambda: main not in marked(mark), patience)
    _signal(marked(mark), signal.SIGKILL)
    if not _wait(lambda: not marked(mark), REAPED_WITHIN):
        left = marked(mark)
        raise TryAgain(
            f"processes {left} of an earlier server do not end",
            f"end them (kill -9 {left[0]}), then run the command again",
        )


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    return met


def marked(mark: str) -> list[int]:
    """Pids of this user's processes with the mark in their command line."""
    lines = _proc() if LINUX else _ps()
    return [pid for pid, line in lines if mark in line and pid != os.getpid()]


def _proc() -> list[tuple[int, str]]:
    commands = []
    # not `[0-9]*/cmdline`, whose glob fails itself where a process ends meanwhile
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            commands.append((int(folder.name), line))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return commands


def _ps() -> list[tuple[int, str]]:
    listed = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    return [
        (int(pid), line) for pid, line in (row.split(maxsplit=1) for row in listed.splitlines() if " " in row.strip())
    ]


def _signal(processes: list[int], how: signal.Signals) -> None:
    for pid in processes:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue
