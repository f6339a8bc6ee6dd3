"""`acme diff`: two days of a table against each other, a day before and after its last correction, or beside what
edited SQL would answer.

Belongs here: the command. Not here: which states those are (`differences/asked.py`, `asked_previews.py`), how a
difference is written (`difference_report.py`).
"""

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.changes.difference_report import (
    document,
    preview_document,
    write,
    write_cells,
    write_preview,
)
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_day, refuse_outside
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from acme_platform.differences.difference import Difference
    from acme_platform.model.table import Table


def diff(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Such as analytics.sales_by_country.")],
    days: Annotated[
        list[date] | None,
        typer.Argument(
            parser=parse_day, metavar="[DAY [DAY]]", help="Two days; with --delivery or --preview one, or none."
        ),
    ] = None,
    delivery: Annotated[
        bool, typer.Option("--delivery", help="A day before and after its last correction; unset: the newest one.")
    ] = False,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="A day beside what its SQL would answer now; unset: the newest that is filled."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows of each kind to show at most.")] = 10,
    format_: Annotated[console.Format, one_of(console.Format)] = console.Format.TABLE,
) -> None:
    """Show which rows were added, removed and changed, and in which columns.

    Of a table of `staging` two days are what was valid as of each; of answers, the rows of each day.
    """
    # every feed's SQL is parsed to know its tables, which `acme --help` need not wait for
    from acme_platform.registry import catalog  # noqa: PLC0415

    asked, days = catalog.table(table), days or []
    for day in days:
        refuse_outside(Days(day, day), Settings.from_env().first_day)
    _refuse_unclear(asked, days, delivery=delivery, preview=preview)
    if preview:
        _preview(asked, days, limit, format_)
        return
    states, difference = _of_delivery(asked, days) if delivery else _of_days(asked, days, limit)
    if format_ is console.Format.TABLE:
        write(f"{asked.full_name}: {states}", difference, limit)
    elif format_ is console.Format.JSON:
        print(json.dumps(document(asked, states, difference, limit), default=str, indent=2))
    else:
        write_cells(asked, difference, limit, format_)


def _refuse_unclear(table: "Table", days: list[date], *, delivery: bool, preview: bool) -> None:
    ways = "DAY DAY", "--delivery [DAY]", "--preview [DAY]"
    say_one = " or ".join(f"acme diff {table.full_name} {way}" for way in ways)
    if delivery and preview:
        raise UsageError("--delivery and --preview ask for two things", say_one)
    if len(days) not in ((0, 1) if delivery or preview else (2,)):
        raise UsageError(f"{_named(len(days))} named", say_one)


def _named(days: int) -> str:
    return f"{days or 'no'} {'day is' if days == 1 else 'days are'}"


def _preview(table: "Table", days: list[date], limit: int, form: console.Format) -> None:
    """What `acme preview` does for one table and day."""
    from acme_platform.differences.asked_previews import chosen, previews, rehearsal  # noqa: PLC0415  # as in `diff`
    from acme_platform.services import Services  # noqa: PLC0415  # it imports the drivers

    of_day = Days(*days, *days) if days else None
    with rehearsal(Services(Settings.from_env()).open_warehouse()) as cursor:
        (found,) = previews(cursor, chosen(cursor, [table.full_name]), of_day, limit)
    if form is console.Format.TABLE:
        write_preview(found, limit)
    elif form is console.Format.JSON:
        print(json.dumps(preview_document(found, limit), default=str, indent=2))
    else:
        write_cells(table, found.difference, limit, form)


def _of_days(table: "Table", days: list[date], limit: int) -> "tuple[str, Difference]":
    from acme_platform.differences.asked import of_days  # noqa: PLC0415  # as in `diff`
    from acme_platform.services import Services  # noqa: PLC0415  # it imports the drivers

    before, after = days
    with Services(Settings.from_env()).open_warehouse().transaction(f"acme diff {table.full_name}") as cursor:
        return f"{before} against {after}", of_days(cursor, table, before, after, limit)


def _of_delivery(table: "Table", days: list[date]) -> "tuple[str, Difference]":
    from acme_platform.differences.asked import of_delivery  # noqa: PLC0415  # as in `diff`
    from acme_platform.services import Services  # noqa: PLC0415  # it imports the drivers

    with Services(Settings.from_env()).open_warehouse().transaction(f"acme diff {table.full_name}") as cursor:
        found = of_delivery(cursor, table, days[0] if days else None)
    states = f"{found.day} before and after its correction of {found.corrected_at:%F %H:%M} UTC, run {found.run_id[:8]}"
    return states, found.difference


COMMAND = Command(
    diff,
    examples=(
        "acme diff analytics.sales_by_country 2024-01-01 2024-01-02",
        "acme diff staging.sales_orders 2024-01-01 2024-01-02 --limit 3",
        "acme diff staging.sales_orders --delivery 2024-01-02",
        "acme diff analytics.customer_orders --delivery --format json",
        "acme diff analytics.customer_orders --preview",
    ),
)
