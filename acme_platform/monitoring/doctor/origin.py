"""The operational database, which other people run.

Belongs here: whether it can be read, and what would let it be read at less cost. Not here: what has been read from it
(`days.py`), its replication slot (`capture.py`).
"""

from collections.abc import Iterator

from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.embedded.user import needed
from acme_platform.errors import AcmeError, MendInput
from acme_platform.ingest.database.source import BLIND, is_indexed
from acme_platform.model import catalog
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient

SUBJECT, READING = "operational database", "operational reading"
STANDING = (
    "select quote_ident(current_user), pg_is_in_recovery(), pg_has_role(current_user, 'pg_read_all_stats', 'usage'),"
    " array(select wanted from unnest(%s) as wanted where not has_table_privilege(wanted, 'select'))"
)


def operational_database(patient: Patient) -> Iterator[Finding]:
    """It has the tables that are read. The embedded one is looked at where its server runs anyway."""
    url = patient.settings.operations_url
    if not is_here(patient):
        return
    source = patient.services.source
    tables = [table.source for feed in catalog.feeds().values() for table in feed.extracted]
    try:
        for table in tables:
            source.columns(table)
    except AcmeError as error:
        raise MendInput(error.message, "start it, grant what it lacks, or correct ACME_OPERATIONS_URL") from error
    yield ok(SUBJECT, f"{', '.join(tables)} at {source.address}, {'external' if url else 'embedded'}")


def operational_reading(patient: Patient) -> Iterator[Finding]:
    """The role may read the tables and see open transactions, and an index tells what changed."""
    if not is_here(patient):
        return
    extracted = [table for feed in catalog.feeds().values() for table in feed.extracted]
    with patient.services.source.asked("acme doctor") as at:
        at.execute(STANDING, ([table.source for table in extracted],))
        ((role, is_replica, sees_all, closed),) = at.fetchall()
        indexless = [
            (table.source, table.changed_at)
            for table in extracted
            if table.changed_at and not is_indexed(at, table.source, table.changed_at)
        ]
    there = "there, as its administrator:"
    for table in closed:
        yield bad(READING, f"{role} may not read {table}", f"{there} grant select on {table} to {role}")
    for table, column in indexless:
        index = f"create index concurrently on {table} ({column})"
        yield warn(READING, f"{table} has no index on {column}: each reading reads it whole", f"{there} {index}")
    minutes = BLIND.total_seconds() / 60
    if is_replica:
        yield ok(READING, f"a replica: each reading reads its last {minutes:.0f} minutes again, for late commits")
    elif not sees_all:
        blind = f"{role} cannot see open transactions: each reading may read its last {minutes:.0f} minutes again"
        yield warn(READING, blind, f"{there} grant pg_read_all_stats to {role}")


def is_here(patient: Patient) -> bool:
    return patient.settings.operations_url is not None or POSTGRESQL in needed(patient.settings)
