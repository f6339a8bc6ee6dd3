"""The state of the servers, for people: which ones there are, where, and whether they run.

Belongs here: looking. It starts nothing, needs no password and shows none.
"""

import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from acme_platform.config.settings import Settings
from acme_platform.embedded.addresses import endpoint
from acme_platform.embedded.keeping.record import LOOPBACK, answers, live, remembered
from acme_platform.embedded.keeping.server import Server
from acme_platform.embedded.sail import SAIL
from acme_platform.embedded.user import needed, place_of, usable


@dataclass(frozen=True)
class ServerState:
    """One server as a line of `acme status`."""

    #: `postgresql`, `valkey` or `sail` when embedded, else what it is for: `warehouse`, `dagster`, `redis`
    name: str
    kind: Literal["embedded", "external"]
    #: host:port, None for an embedded server that has never run
    address: str | None
    running: bool
    pid: int | None = None
    #: of the embedded program, like 18.6
    version: str | None = None
    #: holds data, log and record of an embedded server
    folder: Path | None = None


def states(settings: Settings) -> list[ServerState]:
    """Embedded servers that the settings need, the engine where it was ever asked, then what is elsewhere."""
    urls = {"warehouse": settings.warehouse_url, "dagster": settings.dagster_url, "redis": settings.redis_url}
    servers = [*needed(settings), *([SAIL] if place_of(settings, SAIL).folder.exists() else [])]
    return [_embedded(settings, server) for server in servers] + [
        _external(name, url) for name, url in urls.items() if url
    ]


def _embedded(settings: Settings, server: Server) -> ServerState:
    place = place_of(settings, server)
    with usable(place):
        record, alive = remembered(place), live(place)
    return ServerState(
        name=server.name,
        kind="embedded",
        address=f"{LOOPBACK}:{record.port}" if record else None,
        running=alive is not None,
        pid=alive.pid if alive else None,
        version=_version(server),
        folder=place.folder,
    )


def _external(name: str, url: str) -> ServerState:
    where = endpoint(url)
    return ServerState(name=name, kind="external", address=str(where), running=answers(where.host, where.port))


def _version(server: Server) -> str:
    if server is SAIL:
        return version("pysail")
    said = subprocess.run([server.program(), "--version"], capture_output=True, text=True, check=True).stdout
    return next(re.finditer(r"\d+(?:\.\d+)+", said)).group()
