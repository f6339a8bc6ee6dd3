"""A command of `acme` as a value, and the arguments that several commands share.

Belongs here: what a command's module declares. Not here: the list of commands (`__init__.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from acme_platform.day import Days, parse_day, parse_days
from acme_platform.errors import UsageError
from acme_platform.wording import instead_of

DaysOption = Annotated[
    Days,
    typer.Option(
        "--days",
        parser=parse_days,
        metavar="A..B",
        help="A day, or a range with both ends included, such as today-6..today.",
    ),
]
DayOption = Annotated[
    date, typer.Option("--day", parser=parse_day, metavar="DAY", help="Such as 2024-01-02, or `today`.")
]


def one_of(kind: type[StrEnum]) -> Any:  # noqa: ANN401  # typer's, which has no type for it
    """`--format` as one of the words, with what was meant for another one."""

    def parsed(text: str) -> StrEnum:
        if text not in set(kind):
            raise UsageError(f"there is no format {text!r}", instead_of(text, list(kind)))
        return kind(text)

    return typer.Option("--format", parser=parsed, metavar="FORMAT", help=f"How to write it: {', '.join(kind)}.")


@dataclass(frozen=True)
class Command:
    """`function` is what typer reads: its name, its docstring and its annotations are the command's help."""

    function: Callable[..., None]
    #: whole lines that a person can type, shown below the help
    examples: tuple[str, ...]
    #: everything after the command's name goes to another program as it stands
    passes_on: bool = False

    @property
    def words(self) -> dict[str, "Command"]:
        """What is typed behind `acme` for it."""
        return {self.function.__name__: self}

    def add_to(self, app: typer.Typer) -> None:
        settings: dict[str, Any] = {"ignore_unknown_options": True, "allow_interspersed_args": False}
        app.command(
            epilog="Examples:\n\n" + "\n\n".join(self.examples),
            context_settings=settings if self.passes_on else None,
        )(self.function)


@dataclass(frozen=True)
class Group:
    """Commands behind one word: `acme engine compare`."""

    name: str
    help: str
    commands: tuple[Command, ...]

    @property
    def words(self) -> dict[str, Command]:
        """What is typed behind `acme` for each of them."""
        return {f"{self.name} {word}": command for group in self.commands for word, command in group.words.items()}

    def add_to(self, app: typer.Typer) -> None:
        group = typer.Typer(no_args_is_help=True, help=self.help)
        for command in self.commands:
            command.add_to(group)
        app.add_typer(group, name=self.name)
