"""`acme preview`: what edited SQL would answer, beside what stands, before anything is filled.

Belongs here: the command. Not here: computing and comparing (`differences/preview.py`), how a difference is written
(`diff.py`).
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.changes.diff import document, write
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_days
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from acme_platform.cursor import Cursor
    from acme_platform.differences.preview import Preview
    from acme_platform.model.table import Table


def preview(
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Answers; unset: all whose SQL was edited.")
    ] = None,
    days: Annotated[
        Days | None, typer.Option("--days", parser=parse_days, metavar="A..B", help="Unset: the newest that is filled.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of each kind to show at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One document instead of tables.")] = False,
) -> None:
    """Compute what edited SQL would answer, from the staging that stands, and show what differs from what stands.

    Nothing is filled, and neither the warehouse nor Redis is changed. Answers that read an edited one follow it.
    """
    from acme_platform.services import Services  # noqa: PLC0415  # it imports the drivers

    documents = []
    with Services(Settings.from_env()).open_warehouse().transaction("acme preview") as cursor:
        try:
            for found in _previews(cursor, tables or [], days, limit):
                if as_json:
                    documents.append(_document(found, limit))
                else:
                    _write(found, limit)
        finally:
            cursor.connection.rollback()
    if as_json:
        print(json.dumps(documents, default=str, indent=2))


def _previews(cursor: "Cursor", words: list[str], days: Days | None, limit: int) -> "Iterator[Preview]":
    from acme_platform.differences.preview import Stage, edited  # noqa: PLC0415  # as in `preview`
    from acme_platform.registry import catalog  # noqa: PLC0415  # it parses every feed's SQL

    named = [_answer(word) for word in words]
    chosen = [table for table in catalog.tables().values() if table in named] if named else edited(cursor)
    if not chosen:
        console.say("no SQL of an answer differs from what filled its days: there is nothing to preview")
        console.say("  acme preview analytics.TABLE computes one all the same")
        return
    for day in days or [_newest(cursor, chosen)]:
        yield from Stage(cursor, limit).previews(chosen, day)


def _answer(word: str) -> "Table":
    from acme_platform.registry import catalog  # noqa: PLC0415  # as above

    table = catalog.table(word)
    if not table.layer.is_answer:
        raise UsageError(
            f"{table.full_name} is no answer: previews are computed from the staging that stands",
            "acme plan says what its edit means",
        )
    return table


def _newest(cursor: "Cursor", chosen: "list[Table]") -> "date":
    """Of what the chosen ones read, and none of them makes."""
    from acme_platform.ledger.filled_days import newest_day  # noqa: PLC0415  # as in `preview`

    made = {table.full_name for table in chosen}
    read = {source for table in chosen for source in table.upstream} - made
    if day := newest_day(cursor, sorted(read)):
        return day
    raise UsageError(
        f"there is no day on which all of {', '.join(sorted(read))} was filled",
        "acme status shows which days there are; --days names one",
    )


def _write(found: "Preview", limit: int) -> None:
    what = f"{found.table.full_name} of {found.day}: what stands against its SQL now"
    write(what if found.stands else f"{found.table.full_name} of {found.day}: never filled", found.difference, limit)
    for said, columns in (("gains", found.gained), ("loses", found.lost)):
        if columns:
            console.say(f"  the table {said} {', '.join(columns)}")
    console.say("")


def _document(found: "Preview", limit: int) -> dict[str, object]:
    states = "what stands against its SQL now" if found.stands else "never filled"
    facts = {"day": found.day, "rows": found.rows, "columns_gained": found.gained, "columns_lost": found.lost}
    return document(found.table, states, found.difference, limit) | facts


COMMAND = Command(
    preview,
    examples=(
        "acme preview",
        "acme preview analytics.sales_by_country --days 2024-01-01..2024-01-02",
        "acme preview analytics.customer_orders --limit 3 --json",
    ),
)
