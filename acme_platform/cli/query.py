"""`acme query`: the named questions."""

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_day, refuse_outside
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


class AnswerFormat(StrEnum):
    """How an answer is written: in text as other commands write theirs, or as a file of another program."""

    TABLE = console.Format.TABLE
    CSV = console.Format.CSV
    JSON = console.Format.JSON
    PARQUET = "parquet"
    XLSX = "xlsx"
    ARROW = "arrow"

    @property
    def as_text(self) -> console.Format | None:
        """None where it is no text."""
        return console.Format(self.value) if self.value in set(console.Format) else None


def query(
    name: Annotated[str, typer.Argument(help="A question; --list says which there are.", show_default=False)] = "",
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Unset: the newest day with data.")
    ] = None,
    param: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the question.")] = None,
    format_: Annotated[AnswerFormat, one_of(AnswerFormat)] = AnswerFormat.TABLE,
    export: Annotated[Path | None, typer.Option(metavar="DIR", file_okay=False, help="Write a CSV file there.")] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Draw the answer: FILE.svg or FILE.png.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Every question, its meaning and its parameters.")] = False,
) -> None:
    """Answer a question by its name, as of a day. Live views are questions, too."""
    # pandas takes a fifth of a second to import
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.serving.question import question  # noqa: PLC0415

    if list_:
        _list(format_)
        return
    if not name:
        raise UsageError("which question?", "acme query --list")
    asked, given = question(name), _given(param or [])
    asked.refuse_unknown(given)
    _refuse_early(name, format_, chart)
    settings = Settings.from_env()
    if day:
        refuse_outside(Days(day, day), settings.first_day)
    warehouse = Services(settings).open_warehouse()
    as_of = day or asked.newest_day(warehouse)
    answer = asked.ask(warehouse, as_of, given)
    if format_ is AnswerFormat.TABLE:
        console.say(f"{asked.name} as of {as_of or 'now'}")
    _write(answer, asked.name, format_)
    _write_files(answer, asked.name, export, chart)
    if answer.empty:
        # beside the answer, which may be read by a program
        console.warn(_why_empty(asked.name, as_of, given))


def _why_empty(name: str, day: date | None, given: dict[str, str]) -> str:
    as_of = f"as of {day or 'now'}"
    if not given:
        return f"{name} has no rows {as_of}"
    return f"no row of {name} {as_of} matches {' and '.join(f'{key}={value}' for key, value in given.items())}"


def _list(form: AnswerFormat) -> None:
    from acme_platform.serving.question import every_question  # noqa: PLC0415

    if form.as_text is None:
        raise UsageError(f"the list is no answer, and not written as {form}", "acme query --list --format csv")
    listed = [(known.name, ", ".join(known.parameters), known.meaning) for known in every_question().values()]
    console.show(("question", "parameters", "meaning"), listed, form.as_text)


def _refuse_early(name: str, form: AnswerFormat, chart: Path | None) -> None:
    """Before the warehouse is asked, which may take its time."""
    if form.as_text is None and sys.stdout.isatty():
        raise UsageError(f"{form} is no text for a terminal", f"acme query {name} --format {form} > {name}.{form}")
    if chart is not None:
        from acme_platform.rendering import drawing  # noqa: PLC0415

        drawing.refuse_unknown(chart)
        drawing.refuse_without()


def _given(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    if wrong := next((name for name, equals, _ in pairs if not equals), None):
        raise UsageError(f"--param {wrong} gives no value", f"write it like --param {wrong}=VALUE")
    named = [name for name, _, _ in pairs]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise UsageError(f"{twice} is given more than once", "give it once")
    if "day" in named:
        raise UsageError("the day is no parameter", "say it by --day DAY")
    return {name: value for name, _, value in pairs}


def _write(answer: "pd.DataFrame", name: str, form: AnswerFormat) -> None:
    if form.as_text is not None:
        console.show(list(answer.columns), answer.itertuples(index=False, name=None), form.as_text)
        return
    from acme_platform.rendering import answer_files  # noqa: PLC0415

    written = {
        AnswerFormat.PARQUET: answer_files.parquet,
        AnswerFormat.XLSX: answer_files.xlsx,
        AnswerFormat.ARROW: answer_files.arrow,
    }[form](answer, name)
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


def _write_files(answer: "pd.DataFrame", name: str, folder: Path | None, chart: Path | None) -> None:
    """Said beside the answer, which may be read by a program."""
    if folder is not None:
        from acme_platform.serving.csv_files import export_csv  # noqa: PLC0415

        console.warn(f"written to {export_csv(answer, name, folder)}")
    if chart is not None:
        from acme_platform.rendering import drawing  # noqa: PLC0415

        console.warn(f"drawn to {drawing.write(answer, name, chart)}")


COMMAND = Command(
    query,
    examples=(
        "acme query --list",
        "acme query top_paying_customers",
        "acme query country_spenders --param country='New Zealand' --day 2024-01-02",
        "acme query sales_by_country --format csv > countries.csv",
        "acme query sales_by_country --chart countries.svg",
        "acme query open_orders_agg_today --format xlsx > open.xlsx",
    ),
)
