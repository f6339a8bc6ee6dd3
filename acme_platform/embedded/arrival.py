"""The arrival of one server: from "a command needs it" to a record that a keeper holds locked.

Belongs here: starting a keeper when none lives, and telling of its failure. Not here: what the keeper does.
"""

import os
import subprocess
import sys
import time

from acme_platform.config.settings import PROJECT
from acme_platform.embedded.keeping.failure import read_error
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.record import Record, live
from acme_platform.embedded.keeping.server import Server
from acme_platform.errors import TryAgain
from acme_platform.model.company import VARIABLE

INHERITED = ("PATH", VARIABLE)
#: first boot takes a second; recovering from a crash in a heavy load may take a minute or two
START_WITHIN = 180.0


class Arrival:
    """One server on its way up. Its user's lock must be held, or the keeper has nobody to stay for."""

    def __init__(self, server: Server, place: Place) -> None:
        self._server, self._place = server, place
        self._until = time.monotonic() + START_WITHIN
        self._keeper: subprocess.Popen[bytes] | None = None
        self._said = b""

    def __enter__(self) -> "Arrival":
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def record(self) -> Record | None:
        """The record once the server is ready, None until then; an AcmeError when it will not be."""
        record = live(self._place)
        if record is not None and self._server.is_ready(self._place, record):
            return record
        if self._keeper is not None:
            self._listen(self._keeper)
        elif self._place.kept() is None:
            self._keeper = start_keeper(self._place)
        if time.monotonic() > self._until:
            raise TryAgain(
                f"{self._place.folder.name} is not ready after {START_WITHIN:.0f} s\n{self._place.log.last_words()}",
                f"see whether it still makes progress (tail {self._place.log}), then run the command again",
            )
        return None

    def _listen(self, keeper: "subprocess.Popen[bytes]") -> None:
        """Nothing said yet, an end in silence (it is ready, or another one lives), or a line that says why not."""
        assert keeper.stdout is not None  # noqa: S101 - made with a pipe
        said = keeper.stdout.read()
        self._said += said or b""
        if said != b"":
            return
        self._let_go()
        if self._said:
            raise read_error(self._said.decode())

    def _let_go(self) -> None:
        """The process that was started has ended long since: the keeper is its child, and nobody's to wait for."""
        if self._keeper is not None:
            with self._keeper:
                self._keeper = None


def start_keeper(place: Place) -> "subprocess.Popen[bytes]":
    """A process that goes on when this one ends, in a session of its own, so that Ctrl-C does not reach it."""
    with place.keeper_log.open() as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "acme_platform.embedded.keeper_main", str(place.folder.parent), place.folder.name],
            cwd=PROJECT,
            # what finds Python's modules and the company, and none of the keys and passwords that a command may have
            env={name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("PYTHON")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )
    assert keeper.stdout is not None  # noqa: S101 - asked for above
    os.set_blocking(keeper.stdout.fileno(), False)
    return keeper
