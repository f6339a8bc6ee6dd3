"""`acme new`: a feed, a table, a check or a question, written from a file, with its test."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.making.profile import lines
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, Group
from acme_platform.config.settings import Settings
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from acme_platform.model.table import Table
    from acme_platform.scaffolding.draft import Draft

NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Unset: as the file is named.")]
FileOption = Annotated[
    Path, typer.Option("--from", metavar="FILE.csv", exists=True, dir_okay=False, help="A file as it is delivered.")
]
FromOption = Annotated[
    str, typer.Option("--from", metavar="FILE.csv|TABLE", help="A table, or a file such as it takes.")
]
KeyOption = Annotated[
    str,
    typer.Option("--key", metavar="COLUMN,…", show_default=False, help="What tells rows apart; unset: as proposed."),
]


def feed(from_: FileOption, name: NameArgument = "", key: KeyOption = "") -> None:
    """Write a feed: its module, SQL for raw, staging and an answer that counts, and tests. Nothing is overwritten."""
    from acme_platform.scaffolding import writing  # noqa: PLC0415
    from acme_platform.scaffolding.feed import write_feed  # noqa: PLC0415

    named = writing.checked_name(name or writing.name_of(from_), "feed")
    writing.refuse_feed(named)
    made = _draft(from_, named, key)
    _say(write_feed(named, writing.modules(), made), named, f"acme deliver {named} {named} {from_}", f"group:{named}")


def table(
    from_: FileOption,
    of: Annotated[str, typer.Option("--feed", metavar="FEED", help="The feed that it becomes a part of.")],
    name: NameArgument = "",
    key: KeyOption = "",
) -> None:
    """Write one more delivered table of a feed: SQL for raw and staging, its lines and its test."""
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.scaffolding import writing  # noqa: PLC0415
    from acme_platform.scaffolding.feed import table_name, write_table  # noqa: PLC0415

    into = catalog.feed(of).name
    named = writing.checked_name(name or writing.name_of(from_), "table")
    full = table_name(into, named)
    if named in catalog.feed(into).deliveries or f"raw.{full}" in catalog.tables():
        raise UsageError(f"the feed {into} has deliveries of {named}", "take another name")
    made = _draft(from_, full, key)
    written = write_table(into, named, made)
    _say(written, f"staging.{full}", f"acme deliver {into} {named} {from_}", f"raw/{full}+")


def check(from_: FromOption, name: NameArgument = "") -> None:
    """Write a first check of a table's rows, its word in the table's line and its test, to be edited."""
    from acme_platform.scaffolding.promise import write_check  # noqa: PLC0415

    made, written = write_check(_table(from_), name)
    _said(written)
    console.say(f"next: say in sql/checks/{made}.sql what must hold, then acme test checks/{made}")


def question(from_: FromOption, name: NameArgument = "") -> None:
    """Write a first question about a table and its test, to be edited."""
    from acme_platform.scaffolding.promise import write_question  # noqa: PLC0415

    made, written = write_question(_table(from_), name)
    _said(written)
    console.say(
        f"next: ask in sql/queries/{made}.sql what is wanted, then acme test queries/{made} && acme query {made}"
    )


def _draft(path: Path, table_name: str, key: str) -> "Draft":
    """What the columns of the file become; says what a person should look at before it is delivered."""
    from acme_platform.profiling.profile import profile  # noqa: PLC0415
    from acme_platform.profiling.subject import of_file  # noqa: PLC0415
    from acme_platform.scaffolding.draft import draft, key_of  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    with Services(Settings.from_env()).open_warehouse().transaction("acme new") as cursor:
        found = profile(cursor, of_file(cursor, path))
        chosen = key_of(cursor, found, [name.strip() for name in key.split(",")] if key else [])
        made = draft(cursor, found, table_name, chosen)
    again = f"; rows that come again and lose: {chosen.repeated:,}" if chosen.repeated else ""
    console.say(f"{path}: {console.count(found.subject.rows, 'row')}, told apart by {', '.join(chosen.columns)}{again}")
    for line in lines(found):
        if line.startswith(("  ", "worth")):
            console.say(line)
    return made


def _table(what: str) -> "Table":
    """The table that is named, or the one that takes such files."""
    from acme_platform.profiling.subject import titles_of  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.scaffolding.promise import that_takes  # noqa: PLC0415

    if Path(what).is_file():
        return that_takes(titles_of(Path(what)))
    found = catalog.table(what)
    if not (found.layer.keeps_versions or found.layer.is_answer):
        raise UsageError(f"{found.full_name} holds nothing to be asked", "take a table of staging or analytics")
    return found


def _say(written: list[Path], tested: str, deliver: str, selection: str) -> None:
    from acme_platform.day import today  # noqa: PLC0415

    _said(written)
    console.say(f"next: acme test {tested}")
    console.say(f"      {deliver} --day {today()}")
    console.say(f"      acme run --select '{selection}' --days {today()}")


def _said(written: list[Path]) -> None:
    here = Path.cwd()
    for path in written:
        console.say(f"written {path.relative_to(here) if path.is_relative_to(here) else path}")


def _command(function: Callable[..., None], *examples: str) -> Command:
    return Command(function, examples=examples)


COMMAND = Group(
    "new",
    "Write a feed, a table, a check or a question, with its test.",
    (
        _command(feed, "acme new feed --from visits.csv", "acme new feed trips --from export.csv.gz --key trip_id,leg"),
        _command(table, "acme new table refunds --feed sales --from refunds.csv"),
        _command(
            check, "acme new check --from visits.csv", "acme new check amounts_are_whole --from staging.sales_orders"
        ),
        _command(question, "acme new question busiest_shops --from analytics.visits_per_shop"),
    ),
)
