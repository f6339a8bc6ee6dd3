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
from pathlib import Path

from acme_assets.errors import TryAgain
from acme_assets.servers.account import Account
from acme_assets.servers.log import Log

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
#: nothing of the caller's environment reaches a server: no PG* that changes it, no key that a log could show
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
#: backends notice the death of their postmaster when they next wait; a busy one may take long, and is ended
PATIENCE = 2.0


def spawn(
    command: list[str],
    account: Account,
    folder: Path,
    log: Log,
    *,
    last_wish: signal.Signals,
    stdin: int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start a program as the account; on Linux it is sent `last_wish` when its starter dies."""
    parent = os.getpid()

    def prepare() -> None:
        account.become()
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
            env=ENVIRONMENT,
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


def clear_leftovers(mark: str, how: signal.Signals, deadline: float = 60.0) -> bool:
    """End every process whose command line carries the mark; True if there was one.

    After kill -9 of the keeper its server is still writing its last checkpoint; after kill -9 of the postmaster its
    backends still run. A new server must not open the data before all of them are gone.
    """
    began = time.monotonic()
    found = False
    while pids := marked(mark):
        waited = time.monotonic() - began
        if waited > deadline:
            raise TryAgain(
                f"processes {pids} of an earlier server do not end",
                f"end them (kill -9 {pids[0]}) and run the command again",
            )
        if not found or waited > PATIENCE:
            _signal(pids, how if not found else signal.SIGKILL)
        found = True
        time.sleep(0.02)
    return found


def marked(mark: str) -> list[int]:
    """Pids of this user's processes with the mark in their command line."""
    lines = _proc() if LINUX else _ps()
    return [pid for pid, line in lines if mark in line and pid != os.getpid()]


def _proc() -> list[tuple[int, str]]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode(errors="replace")))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _ps() -> list[tuple[int, str]]:
    listed = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    return [
        (int(pid), line) for pid, line in (row.split(maxsplit=1) for row in listed.splitlines() if " " in row.strip())
    ]


def _signal(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue
