"""The first day of a home: what holds where `ACME_FIRST_DAY` is unset.

A home that the demo begins starts with the demo's first day, or two weeks would be lost among the days of years. Only
the embedded warehouse asks for it: what lies below the home says nothing about a server elsewhere.
"""

from contextlib import suppress
from datetime import date
from pathlib import Path

from acme_platform.day import exact_day
from acme_platform.errors import UsageError

USUAL = date(2022, 1, 1)


def first_day(home: Path) -> date:
    """The day with which the home began, or the usual one."""
    return begun(home) or USUAL


def begun(home: Path) -> date | None:
    """None where nobody began it with a day of its own."""
    with suppress(OSError):
        return _day(_file(home))
    return None


def begin(home: Path, day: date) -> None:
    """Let a new home start with the day; one that holds anything keeps the days it has.

    What is wrong with the folder is told by the servers, which cannot live there either.
    """
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        if not any(home.iterdir()):
            _file(home).write_text(f"{day}\n", encoding="ascii")


def _day(file: Path) -> date:
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    try:
        return exact_day(text)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", "write one like 2024-01-02 into it, or remove it") from error


def _file(home: Path) -> Path:
    return home / "first-day"
