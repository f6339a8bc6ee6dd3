"""Days: tables that are behind what they are made of, and days that a check holds up.

Belongs here: what is built. Not here: files that are not loaded (`files.py`).
"""

from collections.abc import Iterator
from datetime import date

from acme_platform.day import is_ours, outside, spans
from acme_platform.ledger import builds, check_results, failures
from acme_platform.ledger import stray_days as stray
from acme_platform.ledger.staleness import Work, work
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog, remedies


def stale_days(patient: Patient) -> Iterator[Finding]:
    """Days that should be filled again, or for the first time; `acme up` does it by itself."""
    with patient.ledger() as cursor:
        stale = [
            stale_work
            for feed in catalog.feeds().values()
            for stale_work in work(cursor, feed, patient.settings.first_day)
        ]
    for stale_work in stale:
        # `staging/x+` would be one step downstream only; what else is stale, acme run finds by itself
        select = f"""'key:"{stale_work.tables[0].replace(".", "/")}"+'"""
        yield warn(stale_work.tables[0], _behind(stale_work), f"acme run --days {stale_work.days} --select {select}")
    if not stale:
        yield ok("tables", "all are up to date with what they are made of")


def _behind(stale_work: Work) -> str:
    others = f", and after it {', '.join(stale_work.tables[1:])}" if stale_work.tables[1:] else ""
    return f"{stale_work.days} is missing or older than what it is made of{others}"


def days_of_older_sql(patient: Patient) -> Iterator[Finding]:
    """Days that another SQL filled than the days beside them. They are filled again when somebody says so."""
    with patient.ledger() as cursor:
        older = {table.full_name: spans(builds.of_older_sql(cursor, table)) for table in catalog.tables().values()}
    for table, ranges in older.items():
        for days in ranges:
            said = f"{days} was filled before {catalog.table(table).sql.where} changed"
            yield warn(table, said, remedies.fill(table, days))
    if not any(older.values()):
        yield ok("SQL", "all days were filled by the SQL files as they are now")


def stray_days(patient: Patient) -> Iterator[Finding]:
    """Days before the first day or after today: nothing fills or reads them."""
    first = patient.settings.first_day
    with patient.ledger() as cursor:
        stray_days = {feed.name: stray.stray_days(cursor, feed.tables, first) for feed in catalog.feeds().values()}
    for name, ranges in stray_days.items():
        for days in ranges:
            yield bad(name, f"{days} is there and {outside(days, first)}", remedies.wipe(days))
    if not any(stray_days.values()):
        yield ok("days", f"all are from {first} to today")


def failed_days(patient: Patient) -> Iterator[Finding]:
    """Days whose last attempt failed. Those that failed for good wait for somebody."""
    with patient.ledger() as cursor:
        failed = failures.failed_days(cursor, *catalog.tables().values())
    for failed_day in (failed_day for failed_day in failed if _is_ours(patient, failed_day.day)):
        said = f"{failed_day.day} failed: {failed_day.message.partition(chr(10))[0]}"
        if failed_day.passes:
            yield warn(failed_day.table_name, said, "it is tried again by itself; acme status shows when it is there")
        else:
            fill, again = (
                remedies.fill(failed_day.table_name, failed_day.day),
                remedies.again(failed_day.table_name, failed_day.day, failed_day.message),
            )
            mend = f"mend that, then {fill}" if again == fill else again
            yield bad(failed_day.table_name, said, mend)
    if not failed:
        yield ok("attempts", "no day failed")


def red_checks(patient: Patient) -> Iterator[Finding]:
    """Broken `must` checks: nothing downstream is filled with these days."""
    days: dict[tuple[str, str], list[date]] = {}
    with patient.ledger() as cursor:
        for table, day, check in check_results.red(cursor, list(catalog.tables())):
            if _is_ours(patient, day):
                days.setdefault((table, check), []).append(day)
    for (table, check), days_of_check in days.items():
        ranges = spans(days_of_check)
        mend = f"mend what it shows in the UI, then {remedies.fill(table, ranges[0])}"
        yield bad(table, f"the check {check} is red on {', '.join(map(str, ranges))}", mend)
    if not days:
        yield ok("checks", "no `must` check is red")


def _is_ours(patient: Patient, day: date) -> bool:
    """Of others `stray_days` tells."""
    return is_ours(day, patient.settings.first_day)
