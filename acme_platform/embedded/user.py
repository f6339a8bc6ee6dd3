"""A command as a user of the servers: it holds a lock while it lives, and learns where they answer.

Belongs here: which servers a command needs, attach and stop. Not here: the way up of one server (`arrival.py`).
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from acme_platform.config.settings import Settings
from acme_platform.embedded.addresses import Addresses, StandInAddresses
from acme_platform.embedded.arrival import Arrival
from acme_platform.embedded.bootstrap import DAGSTER, OF_READER, READER, WAREHOUSE, of_stand_in
from acme_platform.embedded.keeping.place import Place, is_still
from acme_platform.embedded.keeping.record import Record
from acme_platform.embedded.keeping.server import Server
from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.embedded.sail import SAIL
from acme_platform.embedded.valkey import VALKEY
from acme_platform.errors import MendInput, TryAgain
from acme_platform.model.company import StandIn

#: longer than a keeper gives its server
STOP_WITHIN = 150.0

_attaching = threading.Lock()
#: locks of this process, held to its end
_held: dict[Path, int] = {}


def needed(settings: Settings) -> list[Server]:
    """The embedded servers that stand in for a URL that is not set."""
    servers: list[Server] = []
    if settings.warehouse_url is None or settings.dagster_url is None:
        servers.append(POSTGRESQL)
    if settings.redis_url is None:
        servers.append(VALKEY)
    return servers


def place_of(settings: Settings, server: Server) -> Place:
    return Place(settings.home / server.name)


def attach(settings: Settings) -> Addresses:
    """Where the three services answer, started if need be; this process is their user until it ends.

    A process that becomes another program by exec is no user any more. Raises MendInput when a server cannot start,
    with the last lines of its log, and TryAgain when it is not ready in time.
    """
    with _attaching:
        for server in needed(settings):
            _hold(place_of(settings, server))
        return _addresses(settings)


def stand_in(settings: Settings, wanted: StandIn) -> StandInAddresses:
    """Where the database answers that stands in for a source; like attach, and asked for only by who needs it."""
    lines = [*of_stand_in(wanted), f"create database {wanted.database}"]
    record = _furnished(settings, wanted.database, lines)
    return StandInAddresses(
        owner_url=POSTGRESQL.url(record, wanted.database, wanted.owner),
        reader_url=POSTGRESQL.url(record, wanted.database, wanted.reader),
    )


def reader_url(settings: Settings) -> str:
    """The embedded warehouse, as the role that may only read; like attach."""
    return POSTGRESQL.url(_furnished(settings, f"the role {READER}", OF_READER), WAREHOUSE, READER)


def engine(settings: Settings) -> str:
    """Where the embedded engine answers; like attach, and asked for only by who computes with it."""
    with _attaching:
        _hold(place_of(settings, SAIL))
        return SAIL.url(_arrived(settings, [SAIL])[SAIL.name])


@contextmanager
def running(settings: Settings) -> Iterator[Addresses]:
    """Like attach, but a user only for the length of the block."""
    with ExitStack() as stack:
        for server in needed(settings):
            stack.callback(os.close, _enter(place_of(settings, server)))
        yield _addresses(settings)


def stop(settings: Settings) -> bool:
    """Stop the embedded servers now, whoever uses them; False when none was running."""
    return _stop([place_of(settings, server) for server in (POSTGRESQL, VALKEY, SAIL)])


def release(settings: Settings) -> bool:
    """Be no user any more, and stop now every server that has no other one; False when none was to be stopped."""
    with _attaching, ExitStack() as doors:
        deserted = []
        for place in [
            place for server in (*needed(settings), SAIL) if (place := place_of(settings, server)).folder in _held
        ]:
            os.close(_held.pop(place.folder))
            if (closed := place.close_doors()) is not None:
                # who comes now waits at the door, and starts the server again
                doors.callback(os.close, closed)
                deserted.append(place)
        return _stop(deserted)


def _furnished(settings: Settings, wanted: str, lines: list[str]) -> Record:
    """The running server, where these lines of `bootstrap` were run."""
    place = place_of(settings, POSTGRESQL)
    with _attaching:
        _hold(place)
        record = _arrived(settings, [POSTGRESQL])[POSTGRESQL.name]
    if not POSTGRESQL.has(place, lines):
        raise MendInput(
            f"the server in {place.folder} was started by an older version of the platform, and lacks {wanted}",
            "acme down, then the command again",
        )
    return record


def _stop(places: list[Place]) -> bool:
    asked = [place for place in places if _ask_to_stop(place)]
    until = time.monotonic() + STOP_WITHIN
    while still := [place for place in asked if place.kept() is not None]:
        if time.monotonic() > until:
            raise TryAgain(f"{still[0].folder} still stops after {STOP_WITHIN:.0f} s", f"see {still[0].log}")
        time.sleep(0.01)
    return bool(asked)


def _ask_to_stop(place: Place) -> bool:
    with usable(place), suppress(ProcessLookupError):
        if keeper := place.kept():
            os.kill(keeper, signal.SIGTERM)
            return True
    return False


def _hold(place: Place) -> None:
    """Be a user to the end of this process; anew when the folder was removed and is made again."""
    held = _held.get(place.folder)
    if held is None or not is_still(held, place.users_lock):
        _held[place.folder] = _enter(place)


def _enter(place: Place) -> int:
    with usable(place):
        place.make()
        return place.enter()


@contextmanager
def usable(place: Place) -> Iterator[None]:
    """What the system refuses in ACME_HOME is for a person to mend."""
    try:
        yield
    except OSError as error:
        raise MendInput(
            f"ACME_HOME={place.folder.parent} cannot be used: {error}",
            "give the folder to the user who runs the command, or set ACME_HOME to another one",
        ) from error


def _addresses(settings: Settings) -> Addresses:
    records = _arrived(settings, needed(settings))
    return Addresses(
        warehouse_url=settings.warehouse_url or POSTGRESQL.url(records[POSTGRESQL.name], WAREHOUSE),
        dagster_url=settings.dagster_url or POSTGRESQL.url(records[POSTGRESQL.name], DAGSTER),
        redis_url=settings.redis_url or VALKEY.url(records[VALKEY.name]),
    )


def _arrived(settings: Settings, wanted: list[Server]) -> dict[str, Record]:
    """The record of each server; they start at the same time."""
    with ExitStack() as stack:
        arrivals = {server.name: stack.enter_context(Arrival(server, place_of(settings, server))) for server in wanted}
        while True:
            records = {name: arrival.record() for name, arrival in arrivals.items()}
            ready = {name: record for name, record in records.items() if record is not None}
            if len(ready) == len(arrivals):
                return ready
            time.sleep(0.005)
