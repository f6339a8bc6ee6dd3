"""Sources: the databases that feeds read, which other people run.

Belongs here: whether each can be read, and what would let it be read at less cost. Not here: what has been read from it
(`days.py`), its replication slot (`capture.py`).

One that cannot be read keeps nobody from looking at the others.
"""

from collections.abc import Iterator

from acme_platform.config.source_setting import URL
from acme_platform.errors import AcmeError
from acme_platform.ingest.database.source import BLIND, Source, is_indexed
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient, tables_of

STANDING = (
    "select quote_ident(current_user), pg_is_in_recovery(), pg_has_role(current_user, 'pg_read_all_stats', 'usage'),"
    " array(select wanted from unnest(%s) as wanted where not has_table_privilege(wanted, 'select'))"
)


def readable(patient: Patient) -> Iterator[tuple[str, Source]]:
    """Every source that can be read, by its name."""
    return ((name, source) for name, source in patient.sources.items() if isinstance(source, Source))


def sources(patient: Patient) -> Iterator[Finding]:
    """Each has the tables that are read."""
    for name, source in patient.sources.items():
        said = patient.settings.source(name)
        if isinstance(source, AcmeError):
            mend = f"start it, grant what it lacks, or correct {said.variable(URL)}" if said.url else source.next_step
            yield bad(f"source {name}", source.message, mend)
        elif source:
            tables = ", ".join(table.source for table in tables_of(name))
            kind = "external" if said.url else "embedded"
            yield ok(f"source {name}", f"{tables} at {source.address}, {kind}")
        else:
            yield ok(f"source {name}", "not named: an embedded database stands in, which its first reading fills")


def reading_rights(patient: Patient) -> Iterator[Finding]:
    """The role may read the tables and see open transactions, and an index tells what changed."""
    for name, source in readable(patient):
        yield from _reading(name, source)


def _reading(name: str, source: Source) -> Iterator[Finding]:
    subject, extracted = f"source {name}, reading", tables_of(name)
    with source.asked("acme doctor") as cursor:
        cursor.execute(STANDING, ([table.source for table in extracted],))
        ((role, is_replica, sees_all, closed),) = cursor.fetchall()
        indexless = [
            (table.source, table.changed_at)
            for table in extracted
            if table.changed_at and not is_indexed(cursor, table.source, table.changed_at)
        ]
    there = "there, as its administrator:"
    for table in closed:
        yield bad(subject, f"{role} may not read {table}", f"{there} grant select on {table} to {role}")
    for table, column in indexless:
        index = f"create index concurrently on {table} ({column})"
        yield warn(subject, f"{table} has no index on {column}: each reading reads it whole", f"{there} {index}")
    minutes = BLIND.total_seconds() / 60
    if is_replica:
        yield ok(subject, f"a replica: each reading reads its last {minutes:.0f} minutes again, for late commits")
    elif not sees_all:
        blind = f"{role} cannot see open transactions: each reading may read its last {minutes:.0f} minutes again"
        yield warn(subject, blind, f"{there} grant pg_read_all_stats to {role}")
