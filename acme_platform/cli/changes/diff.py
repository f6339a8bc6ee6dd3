"""`acme diff`: two days of a table against each other, or a day before and after its last correction."""

import json
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_day, refuse_outside
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from acme_platform.differences.difference import Difference, Row
    from acme_platform.model.table import Table

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def diff(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Such as analytics.sales_by_country.")],
    days: Annotated[
        list[date] | None,
        typer.Argument(parser=parse_day, metavar="[DAY [DAY]]", help="Two days; with --delivery one, or none."),
    ] = None,
    delivery: Annotated[
        bool, typer.Option("--delivery", help="A day before and after its last correction; unset: the newest one.")
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
    if len(days) not in ((0, 1) if delivery else (2,)):
        raise UsageError(
            f"{_named(len(days))} named",
            f"acme diff {asked.full_name} DAY DAY, or acme diff {asked.full_name} --delivery [DAY]",
        )
    states, difference = _of_delivery(asked, days) if delivery else _of_days(asked, days, limit)
    if format_ is console.Format.TABLE:
        write(f"{asked.full_name}: {states}", difference, limit)
    elif format_ is console.Format.JSON:
        print(json.dumps(document(asked, states, difference, limit), default=str, indent=2))
    else:
        _write_cells(asked, difference, limit, format_)


def _named(days: int) -> str:
    return f"{days or 'no'} {'day is' if days == 1 else 'days are'}"


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


def write(title: str, difference: "Difference", limit: int) -> None:
    console.say(title)
    added, others = console.count(difference.added, "row"), f"{difference.removed:,} removed"
    console.say(f"  {added} added, {others}, {difference.changed:,} changed")
    if difference.columns:
        console.show(("column", "rows changed"), difference.columns.items())
    lines = [(SIGNS[row.kind], _words(row.key), _cells(row)) for row in _first(difference, limit)]
    if lines:
        console.say("")
        console.show(("", "key", "before → after"), lines)


def _words(values: object) -> str:
    return ", ".join(f"{column} {value}" for column, value in dict(values).items())  # type: ignore[call-overload]  # a mapping


def _cells(row: "Row") -> str:
    """Of a changed row both sides of what differs, of another one its values."""
    if row.kind != "changed":
        return _words(row.after or row.before)
    return ", ".join(f"{column} {_shown(before)} → {_shown(after)}" for column, before, after in row.cells)


def _shown(value: object) -> str:
    return "(empty)" if value is None else str(value)


def _first(difference: "Difference", limit: int) -> "Iterator[Row]":
    """The first rows of each kind."""
    for kind in SIGNS:
        yield from [row for row in difference.sample if row.kind == kind][:limit]


def document(table: "Table", states: str, difference: "Difference", limit: int) -> dict[str, object]:
    return {
        "table": table.full_name,
        "compared": states,
        "rows_added": difference.added,
        "rows_removed": difference.removed,
        "rows_changed": difference.changed,
        "columns_changed": dict(difference.columns),
        "sample": [
            {"row": row.kind, "key": row.key, "before": row.before, "after": row.after}
            for row in _first(difference, limit)
        ],
    }


def _write_cells(table: "Table", difference: "Difference", limit: int, form: console.Format) -> None:
    """A line a cell that differs, which a spreadsheet can filter."""
    rows = list(_first(difference, limit))
    key = [column for column in table.sql.shape.key if any(column in row.key for row in rows)]
    cells = [
        (row.kind, *(row.key[column] for column in key), column, before, after)
        for row in rows
        for column, before, after in row.cells
    ]
    console.show(("row", *key, "column", "before", "after"), cells, form)


COMMAND = Command(
    diff,
    examples=(
        "acme diff analytics.sales_by_country 2024-01-01 2024-01-02",
        "acme diff staging.sales_orders 2024-01-01 2024-01-02 --limit 3",
        "acme diff staging.sales_orders --delivery 2024-01-02",
        "acme diff analytics.customer_orders --delivery --format json",
    ),
)
