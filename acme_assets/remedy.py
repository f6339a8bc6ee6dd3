"""Remedies: the commands that errors, checks, alerts and the doctor name, each spelled in one place.

Belongs here: how a command is written. Not here: which of them helps against what.
"""

from datetime import date

from acme_assets import catalog
from acme_assets.day import Days, today


def fill(full_name: str, days: Days | date | None = None) -> str:
    """Fill the days of one table; those that the reader chooses where none are given.

    What is after today cannot be filled, and goes.
    """
    if days and _last(days) > today():
        return wipe(days)
    return f"acme run --select {full_name.replace('.', '/')} --days {days or '…'}"


def fill_from_the_start(full_name: str, day: date) -> str:
    """Fill the day of everything that the table is made of, and then of the table: `+staging/x` is one step only."""
    return f"""acme run --select '+key:"{full_name.replace(".", "/")}"' --days {day}"""


def fill_all(day: date) -> str:
    """Fill the day of everything, as the first of two ways out; nothing of a day that is still to come."""
    return "" if day > today() else f"acme run --days {day}, or "


def wipe(days: Days | date) -> str:
    """Take back days that should not be."""
    return f"acme wipe --days {days}"


def deliver(full_name: str, day: date) -> str:
    """Deliver a file of a raw table, over the one of its name that stands there, unless the day is still to come."""
    if day > today():
        return wipe(day)
    return f"acme deliver {catalog.feed_with(full_name).name} {catalog.table(full_name).delivered} FILE --day {day}"


def _last(days: Days | date) -> date:
    return days.last if isinstance(days, Days) else days
