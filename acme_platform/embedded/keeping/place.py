"""The place of one server: its folder in ACME_HOME, the files in it, and the two locks on them.

    postgresql/            0700
      data/                the server's own files; there only when they are complete
      record.json          port, password, process (record.py)
      server.log           what the server says
      keeper.log keeper.pid
      users.lock           shared by every command that uses the server

Both locks are flock(2): the kernel drops them when their holder ends, kill -9 included.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acme_platform.embedded.keeping.log import Log

#: a command that looks whether a keeper lives holds the keeper's lock for microseconds; a new keeper outwaits it
OUTWAIT = 0.2


@dataclass(frozen=True)
class Place:
    """One server's folder."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def record(self) -> Path:
        return self.folder / "record.json"

    @property
    def log(self) -> Log:
        return Log(self.folder / "server.log")

    @property
    def keeper_log(self) -> Log:
        return Log(self.folder / "keeper.log")

    @property
    def keeper_pid(self) -> Path:
        return self.folder / "keeper.pid"

    @property
    def users_lock(self) -> Path:
        return self.folder / "users.lock"

    def make(self) -> None:
        """The folder, and ACME_HOME above it, for their owner only; an ACME_HOME that exists keeps its mode."""
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)

    def enter(self) -> int:
        """Become a user: the descriptor holds the shared lock until it is closed."""
        users = _open(self.users_lock)
        fcntl.flock(users, fcntl.LOCK_SH)
        os.utime(users)
        return users

    def last_use(self) -> float:
        """Time of day at which somebody used the server: now, or when the last user came."""
        users = _open(self.users_lock)
        try:
            return os.fstat(users).st_mtime if _try_lock(users) else time.time()
        finally:
            os.close(users)

    def close_doors(self) -> int | None:
        """A descriptor that keeps users out until it is closed, or None when somebody is in."""
        users = _open(self.users_lock)
        if _try_lock(users):
            return users
        os.close(users)
        return None

    def kept(self) -> int | None:
        """Pid of the keeper that lives, else None."""
        try:
            file = os.open(self.keeper_pid, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return None if _try_lock(file, fcntl.LOCK_SH) else int(os.pread(file, 20, 0) or 0)
        finally:
            os.close(file)

    @contextmanager
    def keeping(self) -> Iterator[int | None]:
        """Be the keeper for the length of the block, which gets the locked descriptor; None when another one lives."""
        file = _open(self.keeper_pid)
        try:
            until = time.monotonic() + OUTWAIT
            while not (mine := _try_lock(file)) and time.monotonic() < until:
                time.sleep(0.005)
            if mine:
                os.ftruncate(file, 0)
                os.pwrite(file, str(os.getpid()).encode(), 0)
            yield file if mine else None
        finally:
            os.close(file)


def is_still(file: int, path: Path) -> bool:
    """Whether an open file is the one under that name; no more when its folder was moved or removed."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(file: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
