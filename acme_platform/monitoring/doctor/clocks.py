"""Clocks of the operational database, and what its readings found that their cursor could not see.

Belongs here: zones and clocks by which `updated_at` is written, what was found, and what can never be seen by time. Not
here: whether the database can be read (`origin.py`), its replication slot (`capture.py`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from acme_platform.day import today
from acme_platform.ingest.database.source import Reader
from acme_platform.ingest.incremental import ranges
from acme_platform.ledger import discrepancies
from acme_platform.ledger.discrepancies import LATELY, MEND, Kind
from acme_platform.model import catalog
from acme_platform.model.table import Table
from acme_platform.monitoring.doctor.finding import Finding, ok, warn
from acme_platform.monitoring.doctor.origin import is_here
from acme_platform.monitoring.doctor.patient import Patient

CLOCKS, COMPARED, DELETES = "operational clocks", "operational comparison", "operational deletes"
SKEW = timedelta(seconds=30)
#: zones that writers get unless they say another one; the server's own as far as nothing stands before it
ZONES = """
    with zones as (
        select
            substr(setting, strpos(setting, '=') + 1) as zone,
            concat_ws(
                ' in ',
                case when setrole <> 0 then 'role ' || quote_ident(pg_get_userbyid(setrole)) end,
                case when setdatabase <> 0 then 'database ' || quote_ident(current_database()) end
            ) as whose
        from pg_db_role_setting, unnest(setconfig) as setting
        where lower(split_part(setting, '=', 1)) = 'timezone'
            and setdatabase in (0, (select oid from pg_database where datname = current_database()))
        union all
        select setting, '' from pg_settings where name = 'TimeZone' and source in ('default', 'configuration file')
    )

    select whose, zone from zones
    where (timestamptz '2026-01-15 00:00 UTC' at time zone zone) <> timestamp '2026-01-15 00:00'
        or (timestamptz '2026-07-15 00:00 UTC' at time zone zone) <> timestamp '2026-07-15 00:00'
    order by whose
"""


def operational_clocks(patient: Patient) -> Iterator[Finding]:
    """`updated_at` has no zone: what its writers mean by it is UTC, or the day of a change is another one."""
    if not is_here(patient):
        return
    with patient.services.source.asked("acme doctor") as at:
        at.execute("reset timezone")
        at.execute(ZONES)
        zones = at.fetchall()
        at.execute("select clock_timestamp()")
        ((there,),) = at.fetchall()
    for whose, zone in zones:
        said = f"{whose or 'the server'} is set to {zone}: updated_at is not UTC, and changes come late or early"
        set_it = f"alter {whose} set timezone = 'UTC'" if whose else "alter system set timezone = 'UTC'"
        reload = "" if whose else "; select pg_reload_conf()"
        yield warn(CLOCKS, said, f"there, as its administrator: {set_it}{reload}; then connect its writers anew")
    if (skew := abs(datetime.now(UTC) - there)) > SKEW:
        said = f"its clock and the one of this machine are {skew.total_seconds():.0f} s apart"
        yield warn(CLOCKS, said, "timedatectl set-ntp true, on the one that is wrong")
    elif not zones:
        yield ok(CLOCKS, "in UTC, as its settings say")


def operational_comparison(patient: Patient) -> Iterator[Finding]:
    """What a comparison with the source found lately, and tables that cannot be compared."""
    if patient.settings.operations_capture or not is_here(patient):
        return
    yield from (unfit := list(_unfit(patient)))
    with patient.ledger() as at:
        found = discrepancies.since(at, today() - LATELY)
        compared = ranges.compared(at, [table.full_name for table in _read_by_time()])
    for (table, kind), (rows, days) in discrepancies.together(found).items():
        if kind is not Kind.UNCOMPARED:
            counted = f"{rows:,} {'row' if rows == 1 else 'rows'}"
            yield warn(COMPARED, f"{table}: {counted} {kind}, {days}; acme status names them", MEND[kind])
    for one in found:
        if one.kind is Kind.UNCOMPARED and one.day == today() and not unfit:
            yield warn(
                COMPARED,
                f"{one.table_name}: {one.said}",
                "mend what it says, if it does; acme run reads again, and compares",
            )
    if not found and not unfit:
        said = f"compared as a whole on {compared}, nothing found lately" if compared else "not compared yet"
        yield ok(COMPARED, said)


def operational_deletes(patient: Patient) -> Iterator[Finding]:
    """What reading by time cannot see by design."""
    if not patient.settings.operations_capture and is_here(patient):
        yield ok(DELETES, discrepancies.DELETES_ARE_NOT_SEEN)


def _unfit(patient: Patient) -> Iterator[Finding]:
    source = patient.services.source
    with source.session("acme doctor") as opened:
        for table in _read_by_time():
            if why := ranges.why_not(Reader(source, opened), table):
                mend = f"there, as its administrator: alter table {table.source} add primary key ({table.key})"
                yield warn(COMPARED, f"{why}: what its {table.changed_at} hides is not found", mend)


def _read_by_time() -> list[Table]:
    return [table for feed in catalog.feeds().values() for table in feed.extracted if table.changed_at]
