"""`acme profile`: what a file or a table holds, column by column."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import parse_day
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from acme_platform.cursor import Cursor
    from acme_platform.profiling.profile import Profile
    from acme_platform.profiling.subject import Subject

#: a value of a table on a terminal
WIDEST = 16


def profile(
    what: Annotated[str, typer.Argument(metavar="FILE|TABLE", help="A CSV file, or a table such as raw.sales_orders.")],
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Of a table; unset: its newest day.")
    ] = None,
    format_: Annotated[console.Format, one_of(console.Format)] = console.Format.TABLE,
) -> None:
    """Show what each column holds: its type, what is missing, its values, and what looks wrong.

    Types are guessed by the rules by which rows are loaded (docs/types.md), over every row. Nothing is kept.
    """
    # psycopg2 and numpy take longer to import than the rest of the command line
    from acme_platform.profiling.profile import profile as profiled  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    with Services(Settings.from_env()).open_warehouse().transaction("acme profile") as cursor:
        found = profiled(cursor, subject(cursor, what, day))
    _show(found, format_)


def subject(cursor: "Cursor", what: str, day: date | None) -> "Subject":
    """The rows that `what` names: a file where there is one, or a day of a table."""
    from acme_platform.model import layer  # noqa: PLC0415
    from acme_platform.profiling import subject as subjects  # noqa: PLC0415

    path = Path(what)
    if path.is_file():
        if day:
            raise UsageError(f"{what} is a file, and has no days", f"acme profile {what}")
        return subjects.of_file(cursor, path)
    if what.replace("/", ".").partition(".")[0] not in layer.names():
        raise UsageError(f"there is no file {what}", "mend the path, or name a table such as raw.sales_orders")
    return _of_table(cursor, what, day)


def _of_table(cursor: "Cursor", what: str, day: date | None) -> "Subject":
    from acme_platform.ledger.filled_days import filled_days, newest_day  # noqa: PLC0415
    from acme_platform.model.engine import SPARK  # noqa: PLC0415
    from acme_platform.profiling import subject as subjects  # noqa: PLC0415
    from acme_platform.registry import catalog, remedies  # noqa: PLC0415

    table = catalog.table(what)
    if table.layer.is_delivered and catalog.engine(table.full_name) == SPARK:
        raise UsageError(
            f"the rows of {table.full_name} stand in the lake, where a profile does not look",
            "take a file of its deliveries, or a table of answers",
        )
    as_of = day or newest_day(cursor, [table.full_name])
    if as_of is None or not filled_days(cursor, [table.full_name], [as_of]):
        raise UsageError(
            f"{table.full_name}{f' of {day}' if day else ''} was never filled", remedies.fill(table.full_name, day)
        )
    return subjects.of_table(cursor, table, as_of)


def _show(found: "Profile", form: console.Format) -> None:
    columns = ("column", "type", "nulls", "distinct", "least", "greatest")
    if form is not console.Format.TABLE:
        rows = [
            (*_facts(column), "; ".join(_patterns(column.patterns)), "; ".join(column.suspicions))
            for column in found.columns
        ]
        console.show((*columns, "patterns", "suspicious"), rows, form)
        return
    console.say(f"{found.subject.name}: {console.count(found.subject.rows, 'row')}")
    console.show(columns, [tuple(map(_cut, _facts(column))) for column in found.columns])
    for line in lines(found):
        console.say(line)


def lines(found: "Profile") -> list[str]:
    """What is said below the table: the key, spellings, and what looks wrong."""
    said = [_key(found)]
    said += [
        f"{column.name} is spelt {', '.join(_patterns(column.patterns))}" for column in found.columns if column.patterns
    ]
    wrong = [f"  {column.name}: {suspicion}" for column in found.columns for suspicion in column.suspicions]
    if found.subject.broken:
        first = found.subject.broken[0]
        broken = console.count(len(found.subject.broken), "line")
        wrong.insert(0, f"  {broken} broken, the first is line {first.line:,}: {first.reason}")
    return [*said, *(["worth a look:", *wrong] if wrong else ["nothing looks wrong"])]


def _key(found: "Profile") -> str:
    if found.key is None:
        return "key: neither a column nor two of them tell the rows apart"
    names = ", ".join(found.key.columns)
    if not found.key.repeated:
        return f"key: {names}"
    return f"key: {names}, but for rows that come again: {found.key.repeated:,}, like {found.key.sample}"


def _facts(column: object) -> tuple[object, ...]:
    return tuple(getattr(column, name) for name in ("name", "type", "nulls", "distinct", "least", "greatest"))


def _patterns(patterns: tuple[tuple[str, float], ...]) -> list[str]:
    return [f"{pattern} ({share:.0%})" for pattern, share in patterns]


def _cut(value: object) -> object:
    """Rows of a terminal of 80 columns; every digit stands in the other formats."""
    short = {"timestamp with time zone": "timestamptz"}.get(str(value), value)
    if not isinstance(short, str) or len(short) <= WIDEST:
        return short
    return f"{short[: WIDEST - 1]}…"


COMMAND = Command(
    profile,
    examples=(
        "acme profile visits.csv",
        "acme profile raw.sales_orders --day 2024-01-02",
        "acme profile orders.csv.gz --format json",
    ),
)
