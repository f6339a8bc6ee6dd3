"""The record of one server: the port and password chosen once, and the process that answers there now.

The file outlives the server, because the next one takes the same port and password. What it says of the *process* is
true only while its writer holds a lock on it: a keeper that was killed leaves nothing to clean.
"""

import fcntl
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field

from acme_platform.embedded.keeping.place import Place
from acme_platform.errors import MendInput

LOOPBACK = "127.0.0.1"
#: below those that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, which might take ours
PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Record:
    """Where one server answers, and with which password."""

    port: int
    password: str = field(repr=False)
    #: process of the server; nothing before its first start
    pid: int | None = None


def fresh_record() -> Record:
    return Record(free_port(), secrets.token_hex(24))


def remembered(place: Place) -> Record | None:
    """What was written last; None before the first start and when the file was lost or spoilt."""
    try:
        return Record(**json.loads(place.record.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def live(place: Place) -> Record | None:
    """The record, if a keeper holds it locked at this moment."""
    try:
        file = os.open(place.record, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(file) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Record(**json.load(opened))
    return None


def publish(place: Place, record: Record) -> int:
    """Write the record whole and hold it locked until the returned descriptor is closed.

    The new file is locked before it takes the name, so that nobody reads it unlocked and nobody blocks.
    """
    new = place.record.with_suffix(".new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    os.write(file, json.dumps(asdict(record)).encode())
    os.fsync(file)
    new.replace(place.record)
    return file


def is_free(port: int) -> bool:
    """Whether a server could listen there. A port whose last connections are still closing counts as free."""
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taker.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    for _ in range(100):
        if is_free(port := secrets.choice(PORTS)):
            return port
    raise MendInput(
        f"no free port between {PORTS.start} and {PORTS.stop} on {LOOPBACK}",
        "see what listens there (ss -ltnp), end some of it and run the command again",
    )


def answers(host: str, port: int, seconds: float = 1.0) -> bool:
    """Whether something accepts connections there; a host that is a folder holds PostgreSQL's socket."""
    try:
        _connected(host, port, seconds).close()
    except OSError:
        return False
    return True


def _connected(host: str, port: int, seconds: float) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=seconds)
    local = socket.socket(socket.AF_UNIX)
    try:
        local.settimeout(seconds)
        local.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        local.close()
        raise
    return local
