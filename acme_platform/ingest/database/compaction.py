"""Gathering: the many small parts of a day that grows become one.

A reading of another database attaches what is new as a part of its own, so that it costs what is new and not what
stands: of a day of 940,000 items the copy took 3 s, at every reading. But each part costs every query on the table a
plan and a lock, so now and then they are made one. Numbers stay, and with them the order in which rows were seen; so
what was staged of the day stands, see `change_log.py`.

Belongs here: when and how parts are gathered. Not here: where they come from (`extract.py`, `capture.py`).
"""

from datetime import date, datetime, time

from acme_platform.cursor import Cursor
from acme_platform.lake import LakeObject
from acme_platform.ledger import deliveries, quarantine
from acme_platform.model.table import Table
from acme_platform.warehouse.partition import Part

#: so many parts become one: then a day is copied at each sixteenth reading
MANY = 16


def gather(cursor: Cursor, table: Table, day: date, run_id: str) -> None:
    """Make one part of the day's parts where they are many, in the transaction that locked the table."""
    parts = [one.delivery_id for one in deliveries.deliveries(cursor, table.full_name, day) if one.state == "visible"]
    if len(parts) < MANY:
        return
    (delivery_id,) = deliveries.new_ids(cursor, 1)
    rows = _copy(cursor, table, day, Part(table.name, delivery_id), [Part(table.name, old) for old in parts])
    size, etag = deliveries.together(cursor, parts)
    found = LakeObject(table.source, size, etag, datetime.combine(day, time()))
    deliveries.land(
        cursor, deliveries.Reading(delivery_id, table.full_name, day, found, run_id), deliveries.Counts(rows, 0, etag)
    )
    deliveries.inherit(cursor, delivery_id, parts)
    deliveries.retire(cursor, parts)
    quarantine.hand_over(cursor, parts, delivery_id)
    deliveries.show(cursor, [delivery_id])


def _copy(cursor: Cursor, table: Table, day: date, whole: Part, parts: list[Part]) -> int:
    columns = table.sql.shape.names
    whole.create(cursor, columns, first_row=1)
    whole.stamp(cursor, day, table.source, ())
    rows = sum(whole.take_over(cursor, part, columns) for part in parts)
    for part in parts:
        part.drop(cursor)
    whole.attach(cursor, table.full_name, day)
    return rows
