"""The keeper: the process that owns one server.

It prepares the data, starts the server, holds its record locked, starts it again when it dies, and stops it when
asked or when nobody has used it for a while. It may be killed at any moment: its locks go with it, and the kernel tells
the server to shut down.

Belongs here: the life of the process, which has one thread and imports no driver. Not here: the first contact with the
command that started it (`keeper_main.py`).
"""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from subprocess import Popen

from acme_platform.embedded.keeping.account import choose_account
from acme_platform.embedded.keeping.child import clear_leftovers, end, spawn
from acme_platform.embedded.keeping.failure import StartFailed, StartKilled, ended
from acme_platform.embedded.keeping.place import Place, is_still
from acme_platform.embedded.keeping.record import Record, free_port, fresh_record, is_free, publish, remembered
from acme_platform.embedded.keeping.server import Server

#: seconds without a user before the server stops, so that a person's next command finds it running
LINGER = 60.0
#: seconds before each start in a row after a crash; when they are used up the keeper gives up
PAUSES = (0.0, 0.5, 2.0, 5.0, 10.0)
#: a server that ran this long has recovered, and its next crash is counted as the first
HEALTHY = 5.0
#: how often users are looked for
GLANCE = 0.5
#: a shutdown that writes this long is cut short; the next start recovers from the log
SHUTDOWN = 120.0

log = logging.getLogger(__name__)


class Bell:
    """Rings when a child dies or a stop is asked for; `asked` stays set."""

    def __init__(self) -> None:
        self.asked = False
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for asking in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asking, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def wait(self, seconds: float) -> None:
        """Sleep, but not past a ring."""
        if select.select([self._ear], [], [], seconds)[0]:
            self._ear.recv(4096)


class Keeper:
    """Keeps one server. `on_ready` is called each time that it is ready; `run` returns when it is over."""

    def __init__(self, server: Server, place: Place, lock: int, on_ready: Callable[[], None], linger: float) -> None:
        self._server, self._place, self._lock, self._on_ready, self._linger = server, place, lock, on_ready, linger
        self._account = choose_account()
        self._bell = Bell()
        self._crashes = 0
        self._used = 0.0

    def run(self) -> None:
        while not self._over():
            try:
                record, child = self._start()
            except StartKilled as killed:
                self._recover(killed.message, 0)
                continue
            began = time.monotonic()
            if not self._over():
                self._serve(record, child)
            if child.poll() is None:
                self._stop(child)
                break
            self._recover(f"{self._server.name} died ({child.returncode})", time.monotonic() - began)

    def _start(self) -> tuple[Record, "Popen[bytes]"]:
        """A server that is ready, on the port of last time unless a stranger took it."""
        record = remembered(self._place) or fresh_record()
        clear_leftovers(self._server.mark(self._place), record.pid, self._server.clean_stop, SHUTDOWN)
        if not is_free(record.port):
            record = replace(record, port=free_port())
        self._server.prepare(self._place, record, self._account)
        self._place.log.turn()
        since = len(self._place.log)
        command = self._server.command(self._place)
        child = spawn(
            command,
            self._account,
            self._place.data,
            self._place.log,
            last_wish=self._server.clean_stop,
            settings=self._server.settings,
        )
        record = replace(record, pid=child.pid)
        self._await_ready(record, child, since)
        return record, child

    def _await_ready(self, record: Record, child: "Popen[bytes]", since: int) -> None:
        """As long as it lives: recovering from a crash may take minutes, and starting anew would not shorten them."""
        while not self._server.is_ready(self._place, record) and not self._over():
            if child.poll() is not None:
                code = child.returncode
                raise ended(f"{self._server.name} ended while it was starting ({code})", code, self._place, since)
            self._bell.wait(0.01)

    def _serve(self, record: Record, child: "Popen[bytes]") -> None:
        """Vouch for the server until it dies, or has to stop: nobody uses it, or somebody asked."""
        locked = publish(self._place, record)
        log.info("%s serves on port %s as process %s", self._server.name, record.port, child.pid)
        self._on_ready()
        while child.poll() is None and not self._over() and not self._deserted():
            self._bell.wait(min(GLANCE, self._linger))
        os.close(locked)

    def _over(self) -> bool:
        """Asked to stop, or the folder was removed or moved: what has its name now belongs to another keeper."""
        return self._bell.asked or not is_still(self._lock, self._place.keeper_pid)

    def _deserted(self) -> bool:
        """Nobody came for a while, and from now on nobody can until this process has ended."""
        self._used = max(self._used, self._place.last_use())
        return time.time() - self._used > self._linger and self._place.close_doors() is not None

    def _stop(self, child: "Popen[bytes]") -> None:
        log.info("%s stops: %s", self._server.name, "asked to" if self._over() else "nobody uses it")
        end(child, self._server.clean_stop, SHUTDOWN)

    def _recover(self, how: str, ran: float) -> None:
        self._crashes = 0 if ran > HEALTHY else self._crashes
        log.warning("%s after %.0f s, crash %s", how, ran, self._crashes + 1)
        if self._crashes == len(PAUSES):
            raise StartFailed(f"{self._server.name} died {self._crashes + 1} times in a row", self._place, since=0)
        until = time.monotonic() + PAUSES[self._crashes]
        self._crashes += 1
        while not self._over() and (left := until - time.monotonic()) > 0:
            self._bell.wait(left)
