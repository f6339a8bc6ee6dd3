"""Clocks of sources, and what readings by time found that their cursor could not see.

Belongs here: zones and clocks by which the time of a change is written, what was found, and what can never be seen by
time. Not here: whether a source can be read (`origin.py`), its replication slot (`capture.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from acme_platform.config.source_setting import CAPTURE
from acme_platform.day import today
from acme_platform.ingest.database.source import Reader, Source
from acme_platform.ingest.incremental import ranges
from acme_platform.ledger import discrepancies
from acme_platform.ledger.discrepancies import LATELY, Discrepancy, Kind
from acme_platform.model.table import Table
from acme_platform.monitoring.doctor.finding import Finding, ok, warn
from acme_platform.monitoring.doctor.origin import readable
from acme_platform.monitoring.doctor.patient import Patient, tables_of

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


def clocks(patient: Patient) -> Iterator[Finding]:
    """The time of a change has no zone: what its writers mean by it is UTC, or the day of a change is another one."""
    for name, source in readable(patient):
        if changing := _changing(name):
            yield from _clock(f"source {name}, clocks", source, changing)


def _clock(subject: str, source: Source, changing: Sequence[Table]) -> Iterator[Finding]:
    with source.asked("acme doctor") as cursor:
        cursor.execute("reset timezone")
        cursor.execute(ZONES)
        zones = cursor.fetchall()
        cursor.execute("select clock_timestamp()")
        ((there,),) = cursor.fetchall()
    columns = " and ".join(dict.fromkeys(table.changed_at for table in changing))
    is_not = "is" if len({table.changed_at for table in changing}) == 1 else "are"
    for whose, zone in zones:
        said = f"{whose or 'the server'} is set to {zone}: {columns} {is_not} not UTC, and changes come late or early"
        set_it = f"alter {whose} set timezone = 'UTC'" if whose else "alter system set timezone = 'UTC'"
        reload = "" if whose else "; select pg_reload_conf()"
        yield warn(subject, said, f"there, as its administrator: {set_it}{reload}; then connect its writers anew")
    if (skew := abs(datetime.now(UTC) - there)) > SKEW:
        said = f"its clock and the one of this machine are {skew.total_seconds():.0f} s apart"
        yield warn(subject, said, "timedatectl set-ntp true, on the one that is wrong")
    elif not zones:
        yield ok(subject, "in UTC, as its settings say")


def comparison(patient: Patient) -> Iterator[Finding]:
    """What a comparison with a source found lately, and tables that cannot be compared."""
    for name, source in _by_time(patient):
        yield from _compared(patient, name, source)


def _compared(patient: Patient, name: str, source: Source) -> Iterator[Finding]:
    subject, variable = f"source {name}, comparison", patient.settings.source(name).variable(CAPTURE)
    tables = {table.full_name: table for table in _changing(name)}
    yield from (unfit := list(_unfit(subject, source, tables.values(), variable)))
    with patient.ledger() as cursor:
        lately = [
            discrepancy
            for discrepancy in discrepancies.since(cursor, today() - LATELY)
            if discrepancy.table_name in tables
        ]
        compared = ranges.compared(cursor, tables)
    for (table, kind), (rows, days) in discrepancies.together(lately).items():
        if kind is not Kind.UNCOMPARED:
            counted = f"{rows:,} {'row' if rows == 1 else 'rows'}"
            mend = discrepancies.mend(kind, tables[table].changed_at, variable)
            yield warn(subject, f"{table}: {counted} {kind}, {days}; acme status names them", mend)
    if not unfit:
        yield from _uncompared_today(subject, lately)
    if not lately and not unfit:
        said = f"compared as a whole on {compared}, nothing found lately" if compared else "not compared yet"
        yield ok(subject, said)


def _uncompared_today(subject: str, uncompared: Iterable[Discrepancy]) -> Iterator[Finding]:
    for discrepancy in uncompared:
        if discrepancy.kind is Kind.UNCOMPARED and discrepancy.day == today():
            mend = "mend what it says, if it does; acme run reads again, and compares"
            yield warn(subject, f"{discrepancy.table_name}: {discrepancy.said}", mend)


def deletes(patient: Patient) -> Iterator[Finding]:
    """What reading by time cannot see by design."""
    for name, _ in _by_time(patient):
        variable = patient.settings.source(name).variable(CAPTURE)
        yield ok(f"source {name}, deletes", discrepancies.deletes_are_not_seen(variable))


def _unfit(subject: str, source: Source, tables: Iterable[Table], variable: str) -> Iterator[Finding]:
    with source.session("acme doctor") as opened:
        for table in tables:
            if why := ranges.why_not(Reader(source, opened), table):
                statement = f"alter table {table.source} add primary key ({', '.join(table.key)})"
                other = f"change data capture sees all of it: set {variable}"
                mend = f"there, as its administrator: {statement}" if ranges.NO_INDEX in why else other
                yield warn(subject, f"{why}: what its {table.changed_at} hides is not found", mend)


def _by_time(patient: Patient) -> Iterator[tuple[str, Source]]:
    return (
        (name, source)
        for name, source in readable(patient)
        if _changing(name) and not patient.settings.source(name).capture
    )


def _changing(name: str) -> list[Table]:
    return [table for table in tables_of(name) if table.changed_at]
