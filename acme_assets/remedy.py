"""Remedies: the commands that errors, checks, alerts and the doctor name, each spelled in one place.

Belongs here: how a command is written. Not here: which of them helps against what.
"""

from datetime import date

from acme_assets import catalog
from acme_assets.day import Days


def fill(full_name: str, days: Days | date | None = None) -> str:
    """Fill the days of one table; those that the reader chooses where none are given."""
    return f"acme run --select {full_name.replace('.', '/')} --days {days or '…'}"


def deliver(full_name: str, day: date) -> str:
    """Deliver a file of a raw table, over the one of its name that stands there."""
    return f"acme deliver {catalog.feed_with(full_name).name} {catalog.table(full_name).delivered} FILE --day {day}"
