"""The embedded engine: Sail, which speaks Spark Connect without a JVM.

Belongs here: what is special about Sail as a server. Not here: the session with it (`engine/spark.py`).

Sail asks nobody for a password, so that whoever has an account on this machine may use it while it runs: the doctor
says so. It listens on the loopback only, like the others.
"""

import os
import signal
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from acme_platform.embedded.keeping.account import Account
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.record import LOOPBACK, Record
from acme_platform.embedded.memory import MB, share
from acme_platform.errors import MendInput


@dataclass(frozen=True)
class Sail:
    """One Sail, without a state of its own: what it computes is written elsewhere."""

    name: str = "sail"
    clean_stop: signal.Signals = signal.SIGINT

    @property
    def settings(self) -> dict[str, str]:
        """A quarter of the memory for what it computes: what needs more is spilled to disk, or fails by name.

        Memory goes back to the system at once. Its allocator keeps freed pages, 3 GB after a day of 100 million rows,
        which the next statement adds to; this costs an eighth more processor time.
        """
        pool = "SAIL_RUNTIME__MEMORY_POOL__"
        bound = {f"{pool}TYPE": "greedy", f"{pool}GREEDY__MAX_SIZE": str(share(4, 1024, 1 << 20) * MB)}
        return {"MIMALLOC_PURGE_DELAY": "0", **bound}

    def program(self) -> Path:
        if find_spec("pysail") is None:
            raise MendInput(
                "the embedded engine is not installed",
                "run `make engine`, or set ACME_ENGINE_URL to a server of Spark Connect (sc://host:port)",
            )
        return Path(sys.executable).parent / "sail"

    def url(self, record: Record) -> str:
        return f"sc://{LOOPBACK}:{record.port}"

    def mark(self, place: Place) -> str:
        return f"--directory {place.data}"

    def prepare(self, place: Place, record: Record, account: Account) -> None:
        place.data.mkdir(mode=0o700, exist_ok=True)
        account.own(place.data)
        _port(place).write_text(str(record.port))

    def command(self, place: Place) -> list[str]:
        port = _port(place).read_text()
        where = ["--ip", LOOPBACK, "--port", port, "--directory", str(place.data)]
        return [sys.executable, str(self.program()), "spark", "server", *where]

    def is_ready(self, place: Place, record: Record) -> bool:  # noqa: ARG002  # it has nothing that only it could know
        try:
            os.kill(record.pid or 0, 0)
            with socket.create_connection((LOOPBACK, record.port), timeout=1):
                return True
        except OSError:
            return False


SAIL = Sail()


def _port(place: Place) -> Path:
    return place.folder / "port"
