"""`acme connect`: where the servers answer, for programs of a person's own.

Belongs here: addresses, and how common clients are told them. Not here: shells of ours (`psql.py`, `redis_shell.py`).

A password is printed only where it is asked for by its own word: what stands on a terminal is soon in a screenshot.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.secret import shown
from acme_platform.config.settings import Settings
from acme_platform.config.url import Url, endpoints
from acme_platform.model.company import company

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = {"postgresql": 5432, "redis": 6379}


@dataclass(frozen=True)
class Place:
    """A server as a client has to be told it."""

    name: str
    kind: str
    url: str
    #: where its password stands
    kept: str

    @property
    def row(self) -> tuple[str, str, int, str, str]:
        ((host, port), *_), parts = endpoints(self.url, PORTS[self.kind]), Url.of(self.url)
        return self.name, host, port, parts.path.strip("/"), unquote(parts.user)

    @property
    def password(self) -> str:
        return unquote(Url.of(self.url).password)


def connect(
    show_password: Annotated[
        bool, typer.Option("--show-password", help="Print the passwords, and addresses that hold them.")
    ] = False,
) -> None:
    """Print how psql, a BI tool or redis-cli reach the servers: host, port, database, user.

    acme psql and acme redis need none of it.
    """
    places = list(_places(Settings.from_env()))
    columns = ("server", "host", "port", "database", "user", "password")
    console.show(
        columns, [(*place.row, (place.password or "none") if show_password else place.kept) for place in places]
    )
    console.proposals(_clients(places, show_password=show_password))
    console.say("\nembedded servers run while acme up, or any other command, does, and a minute longer")
    if not show_password:
        console.say("passwords are not shown: acme connect --show-password prints them, acme psql needs none")


def _places(settings: Settings) -> "Iterator[Place]":
    """The embedded servers are started for it, for only then they have an address."""
    from acme_platform.embedded import attach, stand_in  # noqa: PLC0415  # servers take a tenth of a second to import

    addresses = attach(settings)
    yield Place("warehouse", "postgresql", addresses.warehouse_url, _kept("ACME_WAREHOUSE_URL", settings.warehouse_url,
                settings.home / "postgresql"))  # fmt: skip
    yield Place("redis", "redis", addresses.redis_url, _kept("ACME_REDIS_URL", settings.redis_url,
                settings.home / "valkey"))  # fmt: skip
    for source in company().sources:
        if (plays := source.stand_in) and not settings.source(source.name).url:
            url = stand_in(settings, plays).reader_url
            yield Place(f"source {source.name}", "postgresql", url, "of the reader, generated")


def _kept(variable: str, given: str | None, folder: Path) -> str:
    return f"in {variable}" if given else f"in {folder / 'record.json'}"


def _clients(places: "list[Place]", *, show_password: bool) -> list[tuple[str, str]]:
    (warehouse, redis, *_) = places
    _, host, port, database, user = warehouse.row
    urls = [place.url if show_password else shown(place.url).replace("//@", "//") for place in (warehouse, redis)]
    return [
        (f"psql '{urls[0]}'", "PostgreSQL's shell, DBeaver, pgAdmin and Metabase take the same parts"),
        (f"jdbc:postgresql://{host}:{port}/{database}?user={user}", "a BI tool that speaks JDBC"),
        (f"redis-cli -u '{urls[1]}'", "Redis' shell; RedisInsight takes the same address"),
    ]


COMMAND = Command(connect, examples=("acme connect", "acme connect --show-password"))
