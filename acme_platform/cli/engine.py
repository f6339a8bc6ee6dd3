"""`acme engine …`: the second engine, compared with PostgreSQL, and feeds moved there and back."""

from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, DaysOption, Group
from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acme_platform.materialize.engine_comparison import Compared
    from acme_platform.model.table import Feed


def compare(
    days: DaysOption,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEED]…", help="Unset: every feed that files are delivered to.", show_default=False),
    ] = None,
    *,
    accept_rejects: Annotated[
        bool, typer.Option("--accept-rejects", help="Take deliveries of which too much cannot be read as they are.")
    ] = False,
) -> None:
    """Fill the same days on PostgreSQL and on Spark, and compare every cell of what they make.

    Each works in a database and tables of its own, which are dropped afterwards: nothing that stands is touched.
    Compared are raw rows, versions, answers, the quarantine, what the checks found and which days were refused. Exits
    with 1 where anything differs.
    """
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.materialize.engine_comparison import compare  # noqa: PLC0415
    from acme_platform.model.run_options import RunOptions  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services, options = Services(Settings.from_env()), RunOptions(accepts_rejects=accept_rejects)
    feeds = list(_comparable(names))
    with console.telling() as told:
        compared = list(compare(services, feeds, days, told, options))
    console.show(
        ("table", "compared", "rows", "cells", "only in PostgreSQL", "only in Spark"),
        [
            (found.table, found.what, found.rows, found.cells, found.only_postgresql, found.only_spark)
            for found in compared
            if found.rows or found.differs
        ],
    )
    judge(compared, str(days))


def _comparable(names: list[str] | None) -> "Iterable[Feed]":
    """A database says something else at its second reading, so that a feed of one has nothing to be compared."""
    from acme_platform.registry import catalog  # noqa: PLC0415  # as above

    for feed in map(catalog.feed, names or catalog.feeds()):
        if not feed.extracted:
            yield feed
        elif names:
            raise MendInput(
                f"{feed.name} is read from a database, which may say something else at the second reading",
                "compare feeds of files alone: acme engine compare --days …, without a name",
            )
        else:
            console.warn(f"{feed.name} is not compared: its database may say something else at the second reading")


def judge(compared: "list[Compared]", days: str) -> None:
    """Say what differs, and exit with 1 where anything does. Raises MendInput where there was nothing to compare."""
    rows, cells = sum(found.rows for found in compared), sum(found.cells for found in compared)
    for found in (differing := [found for found in compared if found.differs]):
        console.warn(f"{found.table}, {found.what}:", bad=True)
        for row in found.sample:
            console.warn(f"  {row}", bad=True)
    if differing:
        raise typer.Exit(1)
    if not any(found.rows for found in compared if found.what in ("rows", "quarantine")):
        raise MendInput(f"no row of {days} was loaded on either engine, so no cell was compared", "acme status")
    console.say(f"{console.count(rows, 'row')} and {console.count(cells, 'cell')} are equal on both engines")


def move(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEED]…", help="Unset: every feed that stands elsewhere.", show_default=False),
    ] = None,
) -> None:
    """Bring feeds to the engine that they declare: from PostgreSQL into the lake, or back.

    First say where: Feed(engine="spark"), or ACME_ENGINE=spark for all feeds. Raw rows and versions are then copied as
    they are, day by day, and the engine that held them lets go when all of it is there. No delivery comes again, and
    answers stay as they stand. Until then nothing of the feed is filled. Cut short, the same command begins again.
    """
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.materialize import moving  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    with services.open_warehouse().transaction("acme engine move") as cursor:
        feeds = [catalog.feed(name) for name in names] if names else moving.elsewhere(cursor)
    if not feeds:
        console.say("every feed stands where it is declared to")
    for feed in feeds:
        with console.telling() as told:
            moved = moving.move(services, feed, told)
        said = f"moved, {console.count(len(moved), 'table')}" if moved else "stands where it is declared to"
        console.say(f"{feed.name}: {said}")


COMMAND = Group(
    "engine",
    "The second engine, Spark.",
    (
        Command(
            compare,
            examples=(
                "acme engine compare --days 2024-01-02",
                "acme engine compare --days 2024-01-02..2024-01-14 sales",
            ),
        ),
        Command(move, examples=("acme engine move sales", "acme engine move")),
    ),
)
