"""`acme rejects`: what was refused or quarantined, and why."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import parse_day
from acme_platform.errors import UsageError


def rejects(
    what: Annotated[str, typer.Argument(metavar="FEED|TABLE", show_default=False, help="Unset: everything.")] = "",
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Unset: every day.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show at most.")] = 50,
    format_: Annotated[console.Format, typer.Option("--format", help="How to write the rows.")] = console.Format.TABLE,
) -> None:
    """Show refused files and quarantined rows: where they stand, why, and the row itself."""
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.ledger.rejected import refused, rejected  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    tables = list(_tables(what))
    with Services(Settings.from_env()).warehouse.transaction("acme rejects") as cursor:
        files, (count, rows) = refused(cursor, tables, day), rejected(cursor, tables, day, limit)
    if form_is_table := format_ is console.Format.TABLE:
        for one in files:
            console.warn(f"refused {one.day} {one.file}: {one.reason}\n  next: mend it, then {one.mend}", bad=True)
    console.show(("table", "day", "file", "row", "reason", "record"), rows, format_)
    if form_is_table:
        console.say(f"{len(rows)} of {count} quarantined rows, {len(files)} refused files")


def _tables(what: str) -> Iterator[str]:
    from acme_platform.registry import catalog  # noqa: PLC0415

    if not what:
        yield from catalog.tables()
    elif what in catalog.feeds():
        yield from (table.full_name for table in catalog.feeds()[what].tables)
    elif what.replace("/", ".") in catalog.tables():
        yield what.replace("/", ".")
    else:
        known = ", ".join([*catalog.feeds(), *catalog.tables()])
        raise UsageError(f"there is no feed or table {what!r}", f"take one of: {known}")


COMMAND = Command(
    rejects,
    examples=("acme rejects sales", "acme rejects staging.sales_orders --day 2024-01-02 --format csv"),
)
