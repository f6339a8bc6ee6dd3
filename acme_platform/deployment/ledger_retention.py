"""Retention of the ledger and the quarantine: what of the past is forgotten, and what never is.

Belongs here: taking out old rows. Not here: Dagster's own history (`run_retention.py`), when it is done
(`housekeeping.py`).

After ACME_KEEP_REJECTS_DAYS go
- deliveries that were *replaced*: nothing asks for them. A file that comes back as it was before its correction is not
  what raw holds, so it is loaded, whether they are there or not. A database that changes leaves 11,000 a day.
- what was rejected of files that raw does not hold,
- *refused* deliveries, once the lake does not hold the file as it was refused,
- incidents that are closed.

Never forgotten is what raw holds: the identity (file, ETag) of a *visible* delivery, so that the same file changes
nothing for ever; and its rejected rows, for rows in = kept + rejected is a `must` check. Neither is the identity of a
refused file that is in the lake, which would be read and refused anew.

The other tables grow with the data, and not with time. `builds`, `verdicts`, `failures`, `staged`, `watermarks`,
`lake_parts`, `corrections` and `discrepancies` have a row or a few for each day of a table. `pulses`, `captures`,
`refreshes`, `comparisons`, `engines` and `shapes` have one for each feed or table, `ranges` one for two thousand keys
of a source's table, `unplaced` one for each strange object of the lake, `sql_texts` one for each edit of a table's SQL.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from acme_platform.config.settings import Settings
from acme_platform.cursor import Cursor
from acme_platform.lake import Lake
from acme_platform.warehouse import batches
from acme_platform.warehouse.connection import Warehouse

REPLACED = """
delete from ledger.deliveries where delivery_id in (select delivery_id from ledger.deliveries
    where state = 'replaced' and recorded_at < %(before)s limit %(rows_at_once)s)
"""
REJECTED = """
delete from quarantine.rows where ctid = any(array(select ctid from quarantine.rows as rejected
    where quarantined_at < %(before)s and not exists (select from ledger.deliveries
        where deliveries.delivery_id = rejected.delivery_id and state in ('landed', 'visible', 'standby'))
    limit %(rows_at_once)s))
"""
INCIDENTS = """
delete from ledger.incidents where incident_id in (select incident_id from ledger.incidents
    where closed_at < %(before)s limit %(rows_at_once)s)
"""


@dataclass(frozen=True)
class Forgotten:
    """How many rows went."""

    deliveries: int
    rejects: int
    incidents: int


def forget(warehouse: Warehouse, lake: Lake, settings: Settings) -> Forgotten:
    """Take out everything old. Raises TryAgain when the lake does not answer; what went before that is gone."""
    before = datetime.now(UTC) - timedelta(days=settings.keep_rejects_days)
    old = {"before": before}
    replaced = batches.delete(warehouse, REPLACED, old)
    rejects = batches.delete(warehouse, REJECTED, old)
    incidents = batches.delete(warehouse, INCIDENTS, old)
    with warehouse.transaction("acme retention") as cursor:
        refused = _forget_refused(cursor, lake, before)
    return Forgotten(replaced + refused, rejects, incidents)


def _forget_refused(cursor: Cursor, lake: Lake, before: datetime) -> int:
    """They are few: each is an incident that nobody mended for as long."""
    cursor.execute(
        "select delivery_id, file, etag from ledger.deliveries where state = 'refused' and recorded_at < %s", (before,)
    )
    gone = [
        number
        for number, file, etag in cursor.fetchall()
        if (file_now := lake.stat(file)) is None or file_now.etag != etag
    ]
    cursor.execute("delete from ledger.deliveries where delivery_id = any(%s)", (gone,))
    return len(gone)
