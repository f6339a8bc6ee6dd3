"""Remedies: the commands that errors, checks, alerts and the doctor name, each spelled in one place.

Belongs here: how a command is written. Not here: which of them helps against what.
"""

from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import Days, today
from acme_platform.errors import NEXT
from acme_platform.model.layer import layer_of
from acme_platform.registry import catalog


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


def accept_loss(full_name: str, day: date) -> str:
    """Fill the day of a cache though it takes away most of what Redis holds."""
    return f"{fill(full_name, day)} --accept-loss"


def again(full_name: str, day: date, message: str) -> str:
    """Fill a day that failed: by the command that its error named, if it named one, for it may ask for a word more."""
    named = message.rpartition(NEXT)[2] if NEXT in message else ""
    return named if named.startswith("acme run ") else fill(full_name, day)


def deliver(full_name: str, day: date) -> str:
    """Deliver a file of a raw table, over the one of its name that stands there, unless the day is still to come."""
    if day > today():
        return wipe(day)
    return f"acme deliver {catalog.feed_with(full_name).name} {catalog.table(full_name).delivered} FILE --day {day}"


def drop(cursor: Cursor, full_name: str) -> str:
    """Drop a table that is computed again, and say which views fall with it."""
    views = _views_above(cursor, full_name)
    falls = f" (with it fall {', '.join(views)}; the platform's own come again with their tables)" if views else ""
    return f"acme psql -c 'drop table {full_name}{' cascade' if views else ''}'{falls}"


def _views_above(cursor: Cursor, full_name: str) -> list[str]:
    """Views that read the table, themselves or through others: while they are there it cannot be dropped."""
    cursor.execute(
        "with recursive above as ("
        " select %s::regclass::oid as oid union"
        " select pg_rewrite.ev_class from above"
        " join pg_depend on refclassid = 'pg_class'::regclass and refobjid = above.oid"
        " join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid)"
        " select oid::regclass::text from above where oid <> %s::regclass order by 1",
        (full_name, full_name),
    )
    return [view for (view,) in cursor]


def _last(days: Days | date) -> date:
    return days.last if isinstance(days, Days) else days


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
    what = catalog.feed_with(full_name).name if layer_of(full_name).is_loaded else full_name
    return f"acme rejects {what} --day {day}"
