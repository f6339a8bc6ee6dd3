"""Incidents: troubles from the first sight to the last, and which of them a person was told of.

Belongs here: `ledger.incidents`. Not here: finding troubles (`problems.py`), writing to people (`alerts.py`).

A trouble that goes is not over at once: a day that is filled again has no verdict until its checks have run, and a red
one would be told as mended and as red again.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from psycopg2.extras import Json

from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.monitoring.problems import CACHE, RUN, Trouble

#: gone for so long, it is over
SETTLED_SECONDS = 300
#: a feed is written about at once, and then not before this has passed, with everything that came up meanwhile
QUIET_SECONDS = 3600
#: kinds of trouble that mostly pass by themselves are told after so long
PATIENCE_SECONDS = {CACHE: 600}

#: one that is told in the same words as before is left as it is: a feed is looked at twice a minute
OPEN_OR_KEEP = """
insert into ledger.incidents as known (feed, kind, subject, message, mend)
select %(feed)s, kind, subject, message, mend
from unnest(%(kind)s::text[], %(subject)s::text[], %(message)s::text[], %(mend)s::text[])
    with ordinality as seen (kind, subject, message, mend, place)
order by place
on conflict (feed, kind, subject) where closed_at is null
do update set gone_at = null, message = excluded.message, mend = excluded.mend
where known.gone_at is not null or (known.message, known.mend) <> (excluded.message, excluded.mend)
"""
NOTE_GONE = """
update ledger.incidents set gone_at = clock_timestamp()
where feed = %(feed)s and kind <> %(run)s and closed_at is null and gone_at is null
and not (kind, subject) in (select * from unnest(%(kind)s::text[], %(subject)s::text[]))
"""
CLOSE = """
update ledger.incidents set closed_at = clock_timestamp()
where feed = %(feed)s and closed_at is null and gone_at < clock_timestamp() - make_interval(secs => %(settled)s)
"""


@dataclass(frozen=True)
class Incident:
    """One that is open."""

    incident_id: int
    trouble: Trouble


def observe(cursor: Cursor, feed: str, troubles: Iterable[Trouble]) -> None:
    """Open what is new, note what is gone, close what stayed away. Runs are opened and closed by others."""
    seen = list({(trouble.kind, trouble.subject): trouble for trouble in troubles}.values())
    facts = {
        "feed": feed,
        "run": RUN,
        "settled": SETTLED_SECONDS,
        **{name: [getattr(trouble, name) for trouble in seen] for name in ("kind", "subject", "message", "mend")},
    }
    cursor.execute(OPEN_OR_KEEP, facts)
    cursor.execute(NOTE_GONE, facts)
    cursor.execute(CLOSE, facts)


def open_run(cursor: Cursor, feed: str, run: Trouble, days: Days | None) -> None:
    """A run ended and left nothing else in the warehouse that tells of it."""
    cursor.execute(
        "insert into ledger.incidents (feed, kind, subject, message, mend, first_day, last_day)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (feed, kind, subject) where closed_at is null"
        " do update set message = excluded.message",
        (feed, *astuple(run), days.first if days else None, days.last if days else None),
    )


def close_runs(cursor: Cursor, feed: str, tables: list[str]) -> None:
    """A run that failed is mended when another one fills any of its days."""
    cursor.execute(
        "update ledger.incidents as incident set closed_at = clock_timestamp()"
        " where feed = %s and kind = %s and closed_at is null and exists (select from ledger.builds"
        "  where table_name = any(%s) and built_at > incident.opened_at"
        "  and day between coalesce(first_day, '-infinity') and coalesce(last_day, 'infinity'))",
        (feed, RUN, tables),
    )


def to_tell(cursor: Cursor, feed: str) -> list[Incident]:
    """What is open and nobody was told of, oldest first; nothing so soon after the last mail about the feed."""
    cursor.execute(
        "select incident_id, kind, subject, message, mend from ledger.incidents"
        " where feed = %(feed)s and closed_at is null and gone_at is null and told_at is null"
        " and opened_at <= clock_timestamp()"
        "  - make_interval(secs => coalesce((%(patience)s::jsonb ->> kind)::integer, 0))"
        " and not exists (select from ledger.incidents where feed = %(feed)s"
        "  and told_at > clock_timestamp() - make_interval(secs => %(quiet)s))"
        " order by incident_id",
        {"feed": feed, "patience": Json(PATIENCE_SECONDS), "quiet": QUIET_SECONDS},
    )
    return [Incident(number, Trouble(*rest)) for number, *rest in cursor]


def told(cursor: Cursor, incidents: Iterable[Incident]) -> None:
    cursor.execute(
        "update ledger.incidents set told_at = clock_timestamp() where incident_id = any(%s)",
        ([incident.incident_id for incident in incidents],),
    )


def recovered(cursor: Cursor, feed: str) -> list[Incident]:
    """What a person was told of and not yet that it is over; nothing while anything else that was told is open."""
    cursor.execute(
        "select incident_id, kind, subject, message, mend from ledger.incidents as over"
        " where feed = %(feed)s and closed_at is not null and told_at is not null and recovery_told_at is null"
        " and not exists (select from ledger.incidents"
        "  where feed = %(feed)s and told_at is not null and closed_at is null) order by incident_id",
        {"feed": feed},
    )
    return [Incident(number, Trouble(*rest)) for number, *rest in cursor]


def told_over(cursor: Cursor, incidents: Iterable[Incident]) -> None:
    cursor.execute(
        "update ledger.incidents set recovery_told_at = clock_timestamp() where incident_id = any(%s)",
        ([incident.incident_id for incident in incidents],),
    )


def explains(cursor: Cursor, tables: list[str], run_id: str) -> bool:
    """Whether something else tells why the run failed: a day that failed in it, a refused file, a red check."""
    cursor.execute(
        "select exists (select from ledger.failures where run_id = %(run)s)"
        " or exists (select from ledger.deliveries where run_id = %(run)s and state = 'refused')"
        " or exists (select from ledger.verdicts where table_name = any(%(tables)s) and severity = 'must'"
        "  and broken_rows > 0)",
        {"run": run_id, "tables": tables},
    )
    ((is_told,),) = cursor.fetchall()
    return bool(is_told)
