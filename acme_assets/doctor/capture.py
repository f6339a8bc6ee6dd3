"""Capture: whether the operational database tells its changes, and what it keeps for us meanwhile.

Belongs here: the replication slot. Not here: whether the database can be read (`origin.py`).
"""

from collections.abc import Iterator

from acme_assets import catalog
from acme_assets.doctor.finding import Finding, bad, ok, warn
from acme_assets.doctor.patient import Patient
from acme_assets.slot import Slot, State

#: of its log, of which a forgotten slot keeps all until the source's disk is full
MUCH = 1 << 30


def change_capture(patient: Patient) -> Iterator[Finding]:
    """Where it is chosen: the server's log, the role's right, the publication, and how far the slot lags."""
    if not (chosen := patient.settings.operations_capture):
        return
    slot = Slot(patient.services.source, chosen)
    tables = [table.source for feed in catalog.feeds().values() for table in feed.extracted if table.changed_at]
    for lacking, statement in slot.lacks(tables).items():
        yield bad("change capture", lacking, f"on {slot.source.address}, as its administrator: {statement}")
    yield _lag(slot, slot.state())


def _lag(slot: Slot, state: State | None) -> Finding:
    subject, where = "change capture", f"slot {slot.name} at {slot.source.address}"
    if state is None:
        return warn(subject, f"{where} is not there yet", "acme up, or acme run: the first reading makes it")
    if state.is_lost:
        return bad(subject, f"{where} lost its log", "acme run says what to do")
    kept = f"{where} keeps {state.retained / 1e6:,.0f} MB of the log there"
    if state.retained > MUCH:
        drop = f"there: select pg_drop_replication_slot('{slot.name}')"
        return warn(subject, kept, f"acme run, before that disk is full; if it is no longer wanted, {drop}")
    return ok(subject, kept)
