"""What mails to people say, as (subject, text): what is wrong, what is over, and which answers a correction changed.

Belongs here: words. Not here: when one is due and who is told (`alerts.py`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from acme_platform.day import spans
from acme_platform.model.table import Feed
from acme_platform.monitoring.changed_answers import Changed
from acme_platform.monitoring.incidents import Incident
from acme_platform.wording import count

Mail = tuple[str, str]
#: things that a mail names before it counts the others
NAMED = 20
STATUS = "acme status shows what is missing, stale or red."


def broken(feed: Feed, due: Sequence[Incident]) -> Mail:
    """What is wrong, where, why, and the command that mends it."""
    first = due[0].trouble
    more = f" and {len(due) - 1} more of {feed.name}" if due[1:] else ""
    parts = [
        f"{incident.trouble.subject}: {incident.trouble.message}\n  next: {incident.trouble.mend}" for incident in due
    ]
    said = {"failed": "failed", "red": "is red", "late": "is late", "cache": "is behind", "run": "failed"}[first.kind]
    return f"[acme] {first.subject} {said}{more}", _text(parts, STATUS)


def mended(feed: Feed, over: Sequence[Incident]) -> Mail:
    return f"[acme] {feed.name} recovered", _text([incident.trouble.subject for incident in over], STATUS)


def changed(feed: Feed, corrections: Sequence[Changed]) -> Mail:
    """Which answers of which days are other ones than before."""
    parts = [part for _, of_table in groupby(corrections, attrgetter("table")) for part in _corrected(list(of_table))]
    tables, days = {one.table for one in corrections}, {one.day for one in corrections}
    subject = f"[acme] answers of {feed.name} changed: {count(len(tables), 'table')}, {count(len(days), 'day')}"
    return subject, _text(parts, "These days were filled before, and a correction changed what they answer.")


def _corrected(of_table: Sequence[Changed]) -> Iterator[str]:
    """Of one table, days that follow each other together."""
    table = of_table[0].table
    for days in spans(one.day for one in of_table):
        these = [one for one in of_table if one.day in days]
        added, removed, other = (sum(getattr(one, what) for one in these) for what in ("added", "removed", "changed"))
        columns = sum((one.columns for one in these), Counter[str]())
        by_column = f" ({', '.join(f'{column} {rows:,}' for column, rows in columns.items())})" if columns else ""
        yield (
            f"{table} of {days}: {count(added, 'row')} added, {removed:,} removed, {other:,} changed{by_column}"
            f"\n  more: acme diff {table} --delivery {days.first}"
        )


def _text(parts: Sequence[str], end: str) -> str:
    rest = [f"and {len(parts) - NAMED} more"] if parts[NAMED:] else []
    return "\n\n".join([*parts[:NAMED], *rest, end]) + "\n"
