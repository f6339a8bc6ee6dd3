"""`acme rejects`: what was refused or quarantined, and why."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_day, parse_days
from acme_platform.errors import UsageError
from acme_platform.wording import count, instead_of


def rejects(
    what: Annotated[str, typer.Argument(metavar="FEED|TABLE", show_default=False, help="Unset: everything.")] = "",
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Unset: every day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show at most.")] = 50,
    format_: Annotated[console.Format, one_of(console.Format)] = console.Format.TABLE,
    replay: Annotated[
        bool, typer.Option("--replay", help="Judge again what was mended since: a declaration, a rule, a file.")
    ] = False,
    days: Annotated[
        Days | None, typer.Option("--days", parser=parse_days, metavar="A..B", help="Of a replay; unset: every day.")
    ] = None,
) -> None:
    """Show refused files and quarantined rows: where they stand, why, and the row itself.

    With --replay the days are filled again of which rejects would be judged otherwise now, and all that is made of
    them. Nothing has to be delivered again: raw keeps the rows, and the lake the files.
    """
    if days and not replay:
        raise UsageError("--days is for --replay", "acme rejects --day DAY shows the rejects of a day")
    if replay:
        from acme_platform.cli.replaying import replayed  # noqa: PLC0415

        replayed(list(_tables(what)), what, Days(day, day) if day else days)
        return
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.ledger.rejected import refused, rejected  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    tables = list(_tables(what))
    with Services(Settings.from_env()).open_warehouse().transaction("acme rejects") as cursor:
        files, (held, rows) = refused(cursor, tables, day), rejected(cursor, tables, day, limit)
    if form_is_table := format_ is console.Format.TABLE:
        for file in files:
            console.warn(f"refused {file.day} {file.file}: {file.reason}\n  next: mend it, then {file.mend}", bad=True)
    console.show(("table", "day", "file", "row", "reason", "record"), rows, format_)
    if form_is_table:
        quarantined, refused_files = count(held, "quarantined row"), count(len(files), "refused file")
        console.say(f"{len(rows):,} of {quarantined}, {refused_files}")


def _tables(what: str) -> Iterator[str]:
    from acme_platform.registry import catalog  # noqa: PLC0415

    if not what:
        yield from catalog.tables()
    elif what in catalog.feeds():
        yield from (table.full_name for table in catalog.feeds()[what].tables)
    elif what.replace("/", ".") in catalog.tables():
        yield what.replace("/", ".")
    else:
        known = [*catalog.feeds(), *catalog.tables()]
        raise UsageError(f"there is no feed or table {what!r}", instead_of(what, known))


COMMAND = Command(
    rejects,
    examples=(
        "acme rejects sales",
        "acme rejects staging.sales_orders --day 2024-01-02 --format csv",
        "acme rejects sales --replay --days 2024-01-01..2024-01-14",
    ),
)
