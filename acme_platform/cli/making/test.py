"""`acme test`: the tables drawn beside SQL files, given and expected."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from acme_platform.model.sql_file import SqlFile
    from acme_platform.testing.document import Case


class Form(StrEnum):
    """How the outcome is written."""

    TEXT = "text"
    MARKDOWN = "markdown"


HOW = "docs/making.md says how one is written, and acme new writes the first"


def test(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|FEED", help="Tables, checks, questions; unset: all.")
    ] = None,  # noqa: PT028  # a command, and no test of pytest's
    form: Annotated[Form, one_of(Form)] = Form.TEXT,  # noqa: PT028  # as above
) -> None:
    """Run the tests that stand beside SQL files: tables that are given, and what is expected then.

    They run in a database of their own on the server of the warehouse, and leave nothing there. A difference is shown
    as one table, `-` what is missing and `+` what is too much.
    """
    # psycopg2 and sqlglot take longer to import than the rest of the command line
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.testing.bench import bench  # noqa: PLC0415

    documents = list(_documents(what or []))
    chosen, broken = _cases(documents)
    with bench(Services(Settings.from_env()).attach().warehouse_url) as opened:
        failed = {str(case): said for case in chosen if (said := opened.failure(case))}
    summary = _summary(len(chosen) + len(broken), len(failed) + len(broken), len(documents))
    (_tell if form is Form.TEXT else _write_markdown)(broken, failed, summary)
    if failed or broken:
        raise typer.Exit(1)


def _tell(broken: list[MendInput], failed: Mapping[str, str], summary: str) -> None:
    for error in broken:
        console.complain(error)
    for case, said in failed.items():
        console.warn(f"FAILED {case}", bad=True)
        console.say(said)
    console.say(summary)


def _write_markdown(broken: list[MendInput], failed: Mapping[str, str], summary: str) -> None:
    """What differs stands in a block each, where `-` and `+` have their colors."""
    print(f"### Tests of SQL: {summary}")
    for error in broken:
        print(f"\n**{error.message}**, next: {error.next_step}")
    for case, said in failed.items():
        print(f"\n**FAILED** {case}\n\n````diff\n{said}\n````")


def _cases(documents: "list[Path]") -> "tuple[list[Case], list[MendInput]]":
    """Every case, and what is wrong with documents that cannot be read."""
    from acme_platform.testing.document import cases  # noqa: PLC0415

    chosen, broken = list["Case"](), list[MendInput]()
    for path in documents:
        try:
            chosen += cases(path)
        except MendInput as error:
            broken.append(error)
    return chosen, broken


def _summary(cases: int, failed: int, documents: int) -> str:
    held = f"{cases - failed} of {console.count(cases, 'case')} {'holds' if cases == 1 else 'hold'}"
    return f"{held}, of {console.count(documents, 'SQL file')}"


def _documents(what: list[str]) -> "Iterator[Path]":
    """The documents of what is named. Raises UsageError where there is none."""
    from acme_platform.testing.document import path_of, paths  # noqa: PLC0415

    known = paths()
    if not known:
        raise UsageError("no SQL file has a test", HOW)
    if not what:
        yield from known
        return
    for word in what:
        theirs = {path_of(file): file.where for file in _files(word)}
        if not (there := [path for path in theirs if path in known]):
            first = next(iter(theirs.values())).removesuffix(".sql")
            raise UsageError(f"{word} has no test", f"write one, such as {first}.test.md: {HOW}")
        yield from there


def _files(word: str) -> "list[SqlFile]":
    """`sales`, `staging.sales_orders`, `checks/sales_customers_are_trimmed` or a path."""
    from acme_platform.model.sql_file import names, sql_file  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415

    if word in catalog.feeds():
        tables = catalog.feeds()[word].tables
        return list(dict.fromkeys(file for table in tables for file in (table.sql, *table.promises)))
    plain = word.removeprefix("sql/").removesuffix(".sql").removesuffix(".test.md").replace("/", ".")
    folder, _, name = plain.rpartition(".")
    folders = [folder] if folder else ["checks", "queries"]
    found = [sql_file(place, name) for place in folders if name in names(place)]
    if not found:
        raise UsageError(
            f"there is no SQL file {word!r}",
            f"name one like analytics.top_customers or checks/top_customers_are_the_top, or a feed:"
            f" {', '.join(catalog.feeds())}",
        )
    return found


COMMAND = Command(
    test,
    examples=(
        "acme test",
        "acme test sales",
        "acme test analytics.top_customers queries/country_spenders",
        "acme test --format markdown",
    ),
)
