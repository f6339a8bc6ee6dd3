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


def accept(full_name: str, day: date) -> str:
    """Load and stage what was delivered of a raw table, however much of it cannot be read."""
    return f"{fill(full_name, day).replace(' --days', '+ --days')} --accept-rejects"


def mend_refused(full_name: str, day: date, *, may_be_accepted: bool) -> str:
    """What helps against a refused file of a raw table, once it is mended or looked at."""
    again = deliver(full_name, day)
    if not may_be_accepted:
        return again
    return f"{again}; {rejects(full_name, day)} shows its rows, {accept(full_name, day)} takes it as it is"


def rejects(full_name: str, day: date) -> str:
    """Show what could not be read; of a raw table, with what its staging could not read."""
    what = catalog.feed_with(full_name).name if full_name.startswith("raw.") else full_name
    return f"acme rejects {what} --day {day}"
