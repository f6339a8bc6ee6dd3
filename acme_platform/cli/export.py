"""`acme export`: answers as files, for people."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_day, refuse_outside
from acme_platform.errors import MendInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acme_platform.services import Services


def export(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Questions.", show_default=False)] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Every question that has an answer.")] = False,
    day: Annotated[
        date | None, typer.Option("--day", parser=parse_day, metavar="DAY", help="Unset: the newest day of each.")
    ] = None,
    to: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Where the files go.")] = Path("exports"),
    mail: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="Send the files there, too.")] = None,
) -> None:
    """Write answers as CSV files, one a question, and mail them if wanted."""
    # pandas takes a fifth of a second to import
    from acme_platform.services import Services  # noqa: PLC0415

    if bool(names) == all_:
        raise UsageError("which questions?", "acme export --all, or name some; acme query --list shows them")
    settings = Settings.from_env()
    if day:
        refuse_outside(Days(day, day), settings.first_day)
    services = Services(settings)
    if mail and not services.mailer:
        raise UsageError("--mail needs a mail server, and ACME_SMTP_URL is not set", "set it like smtp://host:port")
    files = list(_written(services, names or [], day, to))
    if not files:
        raise MendInput(
            f"no question has an answer{f' as of {day}' if day else ' yet'}",
            "acme status shows which days there are; acme run --days … fills others",
        )
    if mail and services.mailer:
        services.mailer.send(mail, _subject(files), "\n".join(file.name for file in files), files)
        console.say(f"mailed to {', '.join(mail)}")


def _written(services: "Services", names: list[str], day: date | None, folder: Path) -> "Iterator[Path]":
    """Questions without an answer are left out of all, and complained about when they were asked for by name."""
    from acme_platform.serving.csv_files import export_csv  # noqa: PLC0415
    from acme_platform.serving.question import question, questions  # noqa: PLC0415

    for asked in [question(name) for name in names] or questions().values():
        try:
            as_of = day or asked.newest_day(services.open_warehouse())
            answer = asked.ask(services.open_warehouse(), as_of, {})
        except UsageError as error:
            if names:
                raise
            console.warn(error.message)
            continue
        file = export_csv(answer, asked.name, folder)
        console.say(f"{asked.name} as of {as_of or 'now'}: {file}")
        yield file


def _subject(files: list[Path]) -> str:
    return f"ACME: {console.count(len(files), 'answer')}"


COMMAND = Command(
    export,
    examples=(
        "acme export --all",
        "acme export --all --day 2024-01-02 --to reports --mail ann@acme.example",
        "acme export open_orders top_dates",
    ),
)
