"""`acme query`: the named questions."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import parse_day
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def query(
    name: Annotated[str, typer.Argument(help="A question; --list says which there are.", show_default=False)] = "",
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Unset: the newest day with data.")
    ] = None,
    param: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the question.")] = None,
    format_: Annotated[
        console.Format, typer.Option("--format", help="How to write the answer.")
    ] = console.Format.TABLE,
    export: Annotated[Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write a CSV file there.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Every question, its meaning and its parameters.")] = False,
) -> None:
    """Answer a question by its name, as of a day."""
    # pandas takes a fifth of a second to import
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.serving.question import question, questions  # noqa: PLC0415

    if list_:
        listed = [(one.name, ", ".join(one.parameters), one.meaning) for one in questions().values()]
        console.show(("question", "parameters", "meaning"), listed, format_)
        return
    if not name:
        raise UsageError("which question?", "acme query --list")
    asked, given = question(name), _given(param or [])
    warehouse = Services(Settings.from_env()).warehouse
    as_of = day or asked.newest_day(warehouse)
    answer = asked.ask(warehouse, as_of, given)
    if format_ is console.Format.TABLE:
        console.say(f"{asked.name} as of {as_of}")
    _write(answer, asked.name, format_, export)


def _given(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    if wrong := next((name for name, equals, _ in pairs if not equals), None):
        raise UsageError(f"--param {wrong} gives no value", f"write it like --param {wrong}=VALUE")
    return {name: value for name, _, value in pairs}


def _write(answer: "pd.DataFrame", name: str, form: console.Format, folder: Path | None) -> None:
    console.show(list(answer.columns), answer.itertuples(index=False, name=None), form)
    if folder is not None:
        from acme_platform.serving.csv_files import export_csv  # noqa: PLC0415

        # beside the answer, which may be read by a program
        console.warn(f"written to {export_csv(answer, name, folder)}")


COMMAND = Command(
    query,
    examples=(
        "acme query --list",
        "acme query top_paying_customers",
        "acme query country_spenders --param country='New Zealand' --day 2024-01-02",
        "acme query sales_by_country --format csv > countries.csv",
    ),
)
