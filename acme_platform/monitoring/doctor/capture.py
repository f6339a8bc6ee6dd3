"""Capture: whether a source tells its changes, and what it keeps for us meanwhile.

Belongs here: the replication slot. Not here: whether a source can be read (`origin.py`).
"""

from collections.abc import Iterator

from acme_platform.errors import MendInput
from acme_platform.ingest.cdc import positions
from acme_platform.ingest.cdc.facts import Facts
from acme_platform.ingest.cdc.positions import Known
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.cdc.rules import RECAPTURE, Fault, altered, lacking, slot_faults
from acme_platform.model.table import Feed
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.origin import readable
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog

#: of its log, of which a forgotten slot keeps all until the source's disk is full
MUCH = 1 << 30


def change_capture(patient: Patient) -> Iterator[Finding]:
    """Where it is chosen: what a reading would refuse, in its words, and how far the slot lags."""
    sources = dict(readable(patient))
    for feed in catalog.feeds().values():
        source = sources.get(feed.source)
        if feed.changing and source and source.slot:
            with patient.ledger() as cursor:
                known, refused = positions.known(cursor, feed.name, source.slot), positions.refusal(cursor, feed.name)
            yield from _of_feed(Slot(source, source.slot), feed, known, refused)


def _of_feed(slot: Slot, feed: Feed, known: Known | None, refused: MendInput | None) -> Iterator[Finding]:
    subject, tables = f"source {feed.source}, capture", {table.source: table for table in feed.changing}
    facts = slot.facts(tables)
    for fault in lacking(facts, slot.name, tables, slot.source.slot_variable):
        yield bad(subject, fault.said, _mend(slot, fault, f"; then {RECAPTURE}" if known else ""))
    if known is None:
        begin = "acme up, or acme run: the first reading makes it, and copies what is there"
        yield warn(subject, f"{_where(slot)} is not there yet", begin)
        return
    faults = [*(altered(known.facts, facts) if known.facts else ()), *slot_faults(facts, slot.name, known.place)]
    for fault in faults:
        yield bad(subject, f"changes may be lacking: {fault.said}", RECAPTURE)
    if refused and not faults:
        # what only the log tells: a truncated table, an identity that was another one for a while
        yield bad(subject, f"the last reading refused: {refused.message}", refused.next_step)
    elif not faults:
        yield _lag(subject, slot, facts)


def _mend(slot: Slot, fault: Fault, then: str) -> str:
    there = f"on {slot.source.address}, as its administrator: {fault.statement}" if fault.statement else ""
    return f"{there or fault.action}{then}"


def _where(slot: Slot) -> str:
    return f"slot {slot.name} at {slot.source.address}"


def _lag(subject: str, slot: Slot, facts: Facts) -> Finding:
    kept = f"{_where(slot)} keeps {facts.retained / 1e6:,.0f} MB of the log there"
    drop = f"if it is no longer wanted, there: select pg_drop_replication_slot('{slot.name}')"
    if facts.slot and facts.slot.get("wal_status") == "unreserved":
        return bad(subject, f"{kept}, which the server is about to remove", f"acme run --days today, at once; {drop}")
    if facts.retained > MUCH:
        return warn(subject, kept, f"acme run --days today, before that disk is full; {drop}")
    return ok(subject, f"{kept}{_unsent(facts)}")


def _unsent(facts: Facts) -> str:
    """Columns that are in no change: computed by the source, or left out of its publication."""
    left = [f"{table.name}.{column}" for table in facts.tables for column in table.columns if column not in table.sent]
    return f"; it does not send {', '.join(left)}" if left else ""
