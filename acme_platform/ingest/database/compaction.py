"""Compaction: the many small parts of a day that grows become one.

A reading of another database attaches what is new as a part of its own. So it costs what is new, and not the whole
day: copying a day of 940,000 items took 3 s, at every reading. But each part costs every query on the table a plan and
a lock, so now and then they are made one. Row numbers stay, and with them the order in which rows were seen; so what
was staged of the day is kept, see `change_log.py`.

Belongs here: when and how parts are compacted. Not here: where they come from (`extract.py`, `capture.py`).
"""

from datetime import date, datetime, time

from acme_platform.cursor import Cursor
from acme_platform.ingest.database.raw_rows import RawRows
from acme_platform.lake import LakeObject
from acme_platform.ledger import deliveries, quarantine
from acme_platform.model.table import Table

#: so many parts become one: then a day is copied at each sixteenth reading
MANY = 16


def compact(cursor: Cursor, table: Table, day: date, run_id: str, raw_rows: RawRows) -> None:
    """Make one part of the day's parts where they are many, in the transaction that locked the table."""
    parts = [
        delivery.delivery_id
        for delivery in deliveries.deliveries(cursor, table.full_name, day)
        if delivery.state == "visible"
    ]
    if len(parts) < MANY:
        return
    (delivery_id,) = deliveries.new_ids(cursor, 1)
    rows = raw_rows.merge(cursor, table, day, delivery_id, parts)
    size, etag = deliveries.together(cursor, parts)
    file = LakeObject(table.source, size, etag, datetime.combine(day, time()))
    deliveries.record_loaded(
        cursor, deliveries.Reading(delivery_id, table.full_name, day, file, run_id), deliveries.Counts(rows, 0, etag)
    )
    deliveries.inherit(cursor, delivery_id, parts)
    deliveries.retire(cursor, parts)
    quarantine.hand_over(cursor, parts, delivery_id)
    deliveries.show(cursor, [delivery_id])
