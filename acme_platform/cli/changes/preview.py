"""`acme preview`: what edited SQL would answer, beside what stands, before anything is filled.

Belongs here: the command. Not here: which tables and days (`differences/asked_previews.py`), computing and comparing
(`differences/preview.py`), how a preview is written (`difference_report.py`).
"""

import json
from typing import Annotated

import typer

from acme_platform.cli.changes.difference_report import preview_document, write_preview
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_days


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
    from acme_platform.differences.asked_previews import chosen, previews, rehearsal  # noqa: PLC0415  # parses all SQL
    from acme_platform.services import Services  # noqa: PLC0415  # it imports the drivers

    documents = []
    with rehearsal(Services(Settings.from_env()).open_warehouse()) as cursor:
        if not (answers := chosen(cursor, tables or [])) and not as_json:
            _say_unedited()
        for found in previews(cursor, answers, days, limit) if answers else ():
            if as_json:
                documents.append(preview_document(found, limit))
            else:
                write_preview(found, limit)
                console.say("")
    if as_json:
        print(json.dumps(documents, default=str, indent=2))


def _say_unedited() -> None:
    console.say("no SQL of an answer differs from what filled its days: there is nothing to preview")
    console.say("  acme preview analytics.TABLE computes one all the same")


COMMAND = Command(
    preview,
    examples=(
        "acme preview",
        "acme preview analytics.sales_by_country --days 2024-01-01..2024-01-02",
        "acme preview analytics.customer_orders --limit 3 --json",
    ),
)
