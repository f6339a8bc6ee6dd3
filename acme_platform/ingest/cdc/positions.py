"""Captures: how far each feed's changes have been read, and what that stood on.

Belongs here: reading and writing `ledger.captures`. Not here: reading changes (`capture.py`), judging facts
(`rules.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.facts import Facts
from acme_platform.ingest.cdc.pgoutput import lsn, lsn_text


@dataclass(frozen=True)
class LastCommit:
    """The last transaction of which the log told."""

    end: int
    committed_at: str


@dataclass(frozen=True)
class Known:
    """What was committed before `place` is in raw."""

    place: int
    #: None where the place is older than this record of it
    facts: Facts | None
    last_commit: LastCommit | None


def known(cursor: Cursor, feed: str, slot: str) -> Known | None:
    """None before the first time, for another slot, and where all is to be copied anew."""
    cursor.execute(
        "select place, facts, last_commit from ledger.captures where feed = %s and slot = %s and place is not null",
        (feed, slot),
    )
    for place, facts, last in cursor:
        return Known(lsn(place), Facts(facts) if facts else None, LastCommit(**last) if last else None)
    return None


def keep(cursor: Cursor, feed: str, known: Known) -> None:
    last = known.last_commit
    cursor.execute(
        "update ledger.captures set place = %s, facts = %s, last_commit = %s, refused = null,"
        " read_at = clock_timestamp() where feed = %s",
        (
            lsn_text(known.place),
            Json(known.facts.lasting) if known.facts else None,
            Json(last.__dict__) if last else None,
            feed,
        ),
    )


def refuse(cursor: Cursor, feed: str, error: MendInput) -> None:
    """A reading refused; what it said stands until one goes through."""
    refused = {"message": error.message, "next_step": error.next_step}
    cursor.execute("update ledger.captures set refused = %s where feed = %s", (Json(refused), feed))


def refusal(cursor: Cursor, feed: str) -> MendInput | None:
    cursor.execute("select refused from ledger.captures where feed = %s and refused is not null", (feed,))
    return next((MendInput(**refused) for (refused,) in cursor), None)


def claimed(cursor: Cursor, feed: str, system: str) -> list[str]:
    """The slot that is this warehouse's on that server, made or about to be; held until the end of the transaction."""
    cursor.execute(
        "select slot from ledger.captures where feed = %s and coalesce(facts ->> 'system', %s) = %s for update",
        (feed, system, system),
    )
    return [slot for (slot,) in cursor]


def claim(cursor: Cursor, feed: str, slot: str, facts: Facts) -> None:
    cursor.execute(
        "insert into ledger.captures (feed, slot, facts) values (%s, %s, %s) on conflict (feed) do update"
        " set slot = excluded.slot, facts = excluded.facts, place = null, last_commit = null",
        (feed, slot, Json(facts.lasting)),
    )


def forget_places(cursor: Cursor, feeds: Iterable[str]) -> list[str]:
    """The next reading copies all anew; returns the feeds that are captured."""
    cursor.execute("update ledger.captures set place = null where feed = any(%s) returning feed", (list(feeds),))
    return [feed for (feed,) in cursor]
