"""The databases: the warehouse and Dagster's storage, as servers.

Belongs here: PostgreSQL itself. Not here: what is in its tables (`files.py`, `days.py`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from acme_platform.errors import AcmeError, TryAgain
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.schema.migrate import OLDEST, files
from acme_platform.warehouse.connection import Warehouse, rows

SKEW = timedelta(minutes=1)
#: setting -> bytes below which a warehouse is slower than it need be, and what to set it to
ADVICE = {
    "shared_buffers": (512 << 20, "a quarter of the server's memory, 512MB at least"),
    "max_wal_size": (4 << 30, "4GB: a load writes much at once"),
}


def warehouse(patient: Patient) -> Iterator[Finding]:
    """It answers and is young enough."""
    return _reached(patient, "warehouse", patient.open_warehouse(), patient.settings.warehouse_url)


def dagster(patient: Patient) -> Iterator[Finding]:
    """Dagster's storage answers."""
    return _reached(patient, "dagster", patient.open_storage(), patient.settings.dagster_url)


def _reached(patient: Patient, name: str, database: Warehouse, url: str | None) -> Iterator[Finding]:
    try:
        facts = _asked(
            database,
            "select current_setting('server_version') as version, current_setting('server_version_num')::int as number,"
            " pg_size_pretty(pg_database_size(current_database())) as size",
        )
    except AcmeError as error:
        log = patient.settings.home / "postgresql" / "server.log"
        mend = f"start it, or correct ACME_{name.upper()}_URL" if url else f"acme down, acme doctor; its log is {log}"
        raise TryAgain(error.message, mend) from error
    kind = "external" if url else "embedded"
    said = f"PostgreSQL {facts['version']} at {database.address}, {kind}, {facts['size']}"
    yield ok(name, said) if facts["number"] >= OLDEST else bad(name, said, "give it PostgreSQL 16 or newer")


def safety(patient: Patient) -> Iterator[Finding]:
    """What was committed survives a power cut."""
    for name, database in (("warehouse", patient.open_warehouse()), ("dagster", patient.open_storage())):
        off = _asked(
            database,
            "select string_agg(name, ', ') as names from pg_settings"
            " where name in ('fsync', 'full_page_writes') and setting <> 'on'",
        )["names"]
        if off:
            yield bad(
                f"{name} safety", f"{off} is off: a power cut destroys the data", f"set {off} = on in its configuration"
            )
        else:
            yield ok(f"{name} safety", "committed data survives a power cut")


def warehouse_rights(patient: Patient) -> Iterator[Finding]:
    """The platform makes its schemas itself."""
    role = _asked(
        patient.open_warehouse(),
        "select current_user as name, current_database() as database,"
        " has_database_privilege(current_database(), 'CREATE') as may_create",
    )
    if role["may_create"]:
        yield ok("warehouse rights", f"{role['name']} may create schemas")
    else:
        grant = f"grant create on database {role['database']} to {role['name']}"
        yield bad("warehouse rights", f"{role['name']} may not create schemas", f"as its owner: {grant}")


def migrations(patient: Patient) -> Iterator[Finding]:
    """The bookkeeping is that of this version."""
    there = _asked(patient.open_warehouse(), "select to_regclass('public.acme_migrations') is not null as there")[
        "there"
    ]
    applied = (
        _asked(patient.open_warehouse(), "select array_agg(name) as names from public.acme_migrations")["names"]
        if there
        else []
    )
    missing = sorted({name for name, _ in files()} - set(applied or ()))
    if missing:
        yield warn("migrations", f"not applied: {', '.join(missing)}", "acme migrate")
    else:
        yield ok("migrations", f"{len(applied)} applied")


def clock(patient: Patient) -> Iterator[Finding]:
    """Times of two machines are compared: of files, of runs, of the day that is today."""
    there: datetime = _asked(patient.open_warehouse(), "select clock_timestamp() as now")["now"]
    skew = abs(datetime.now(UTC) - there)
    if skew > SKEW:
        yield warn(
            "clock",
            f"this machine and the warehouse are {skew.total_seconds():.0f} s apart",
            "timedatectl set-ntp true",
        )
    else:
        yield ok("clock", f"as the warehouse's, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def warehouse_speed(patient: Patient) -> Iterator[Finding]:
    """How an external warehouse is set up; the embedded one is by us."""
    if patient.settings.warehouse_url is None:
        return
    for name, (enough, better) in ADVICE.items():
        now = _asked(
            patient.open_warehouse(),
            "select current_setting(%(name)s) as shown, pg_size_bytes(current_setting(%(name)s)) as bytes",
            {"name": name},
        )
        if now["bytes"] < enough:
            yield warn("warehouse speed", f"{name} is {now['shown']}", f"set {name} to {better}")
    yield from _wal(patient.open_warehouse())


def _wal(database: Warehouse) -> Iterator[Finding]:
    """A load into a table of its own transaction writes no WAL, where nobody needs it: 1.4 to 1.8 times as fast."""
    wal = _asked(
        database,
        "select current_setting('wal_level') as level, current_setting('archive_mode') <> 'off'"
        " or exists (select from pg_replication_slots) or exists (select from pg_stat_replication) as needed",
    )
    if wal["level"] != "minimal" and not wal["needed"]:
        mend = "if it stays so: wal_level = minimal, max_wal_senders = 0"
        yield warn("warehouse speed", f"wal_level is {wal['level']}, and nobody replicates or archives", mend)


def _asked(database: Warehouse, query: LiteralString, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    """The only row of the answer."""
    with database.transaction("acme doctor") as cursor:
        (row,) = rows(cursor, query, parameters or {})
        return row
