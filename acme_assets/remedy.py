"""Remedies: the commands that errors, checks, alerts and the doctor name, each spelled in one place.

Belongs here: how a command is written. Not here: which of them helps against what.
"""

from datetime import date

from acme_assets import catalog
from acme_assets.day import Days
from acme_assets.errors import NEXT


def fill(full_name: str, days: Days | date | None = None) -> str:
    """Fill the days of one table; those that the reader chooses where none are given."""
    return f"acme run --select {full_name.replace('.', '/')} --days {days or '…'}"


def accept_loss(full_name: str, day: date) -> str:
    """Fill the day of a cache though it takes away most of what Redis holds."""
    return f"{fill(full_name, day)} --accept-loss"


def again(full_name: str, day: date, message: str) -> str:
    """Fill a day that failed: by the command that its error named, if it named one, for it may ask for a word more."""
    named = message.rpartition(NEXT)[2] if NEXT in message else ""
    return named if named.startswith("acme run ") else fill(full_name, day)


def deliver(full_name: str, day: date) -> str:
    """Deliver a file of a raw table, over the one of its name that stands there."""
    return f"acme deliver {catalog.feed_with(full_name).name} {catalog.table(full_name).delivered} FILE --day {day}"
