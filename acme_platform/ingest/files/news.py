"""News: which files of a day the lake holds and raw does not, asked by whoever loads the day or says that it would.

Belongs here: comparing one day of one table with the ledger. Not here: looking for days with news in the whole lake
(`triggers/new_files.py`), reading the files (`load.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.lake import LakeObject
from acme_platform.ledger import deliveries
from acme_platform.ledger.parts.raw_parts import raw_parts
from acme_platform.model.table import Table


@dataclass(frozen=True)
class News:
    """The files of a day, against those that the ledger knows."""

    #: (name, ETag) of all of them
    wanted: set[tuple[str, str]]
    #: those to be read
    fresh: list[LakeObject]
    known: list[deliveries.Delivery]

    @property
    def is_any(self) -> bool:
        """Something was not read yet, or was read and is not shown."""
        landed = (delivery for delivery in self.known if delivery.state == "landed")
        return bool(self.fresh) or any(delivery.identity in self.wanted for delivery in landed)


def news_of(cursor: Cursor, table: Table, day: date, files: Iterable[LakeObject]) -> News:
    """What is new among the day's files; the table is there."""
    by_identity = {(file.key, file.etag): file for file in files}
    known = deliveries.deliveries(cursor, table.full_name, day)
    stands = raw_parts(table).existing(cursor, [delivery.delivery_id for delivery in known])
    there = {delivery.identity for delivery in known if delivery.delivery_id in stands and delivery.state != "standby"}
    return News(set(by_identity), [file for identity, file in by_identity.items() if identity not in there], known)
