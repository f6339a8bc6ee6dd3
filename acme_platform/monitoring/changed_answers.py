"""Changed answers: corrections of days that were over, and which of them a person was told of.

Belongs here: `told_at` of `ledger.corrections`. Not here: recording a correction (`differences/corrections.py`), what
the mail says (`triggers/alert_mails.py`).

A day that is not over grows with each delivery, and that of a database a while longer; that is no news. A correction
goes through the tables and days of a feed for a while, and is told in one mail when it is through.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from acme_platform.cursor import Cursor
from acme_platform.model.table import Feed
from acme_platform.monitoring.incidents import QUIET_SECONDS, SETTLED_SECONDS
from acme_platform.warehouse.connection import rows

DUE = """
with untold as (
    select
        table_name as "table",
        day,
        corrected_at,
        rows_added as added,
        rows_removed as removed,
        rows_changed as changed,
        columns_changed as columns
    from ledger.corrections
    where table_name = any(%(answers)s) and told_at is null
    and corrected_at >= (day + 1)::timestamp at time zone 'UTC' + %(growing)s
),

moment as (
    select
        max(corrected_at) < clock_timestamp() - make_interval(secs => %(settled)s) as is_through,
        min(corrected_at) < clock_timestamp() - make_interval(secs => %(quiet)s) as is_long
    from untold
)

select untold.* from untold cross join moment
where (is_through or is_long)
and not exists (select from ledger.corrections where table_name = any(%(answers)s)
    and told_at > clock_timestamp() - make_interval(secs => %(quiet)s))
order by array_position(%(answers)s, "table"), day
"""


@dataclass(frozen=True)
class Changed:
    """What the last correction of a day changed, as counts."""

    table: str
    day: date
    corrected_at: datetime
    added: int
    removed: int
    changed: int
    columns: Counter[str]


def to_tell(cursor: Cursor, feed: Feed) -> list[Changed]:
    """Corrections of the feed's answers that nobody was told of, table by table; none so soon after the last mail."""
    answers = [table.full_name for table in feed.tables if table.layer.is_answer]
    seconds = {"settled": SETTLED_SECONDS, "quiet": QUIET_SECONDS}
    found = rows(cursor, DUE, {"answers": answers, "growing": feed.fresh.grows_on, **seconds})
    return [Changed(**row | {"columns": Counter(row["columns"])}) for row in found]


def told(cursor: Cursor, corrections: Iterable[Changed]) -> None:
    """A day that was corrected again meanwhile is news."""
    facts = [(one.table, one.day, one.corrected_at) for one in corrections]
    tables, days, moments = (list(column) for column in zip(*facts, strict=True))
    cursor.execute(
        "update ledger.corrections set told_at = clock_timestamp() where (table_name, day, corrected_at) in"
        " (select * from unnest(%s::text[], %s::date[], %s::timestamptz[]))",
        (tables, days, moments),
    )
