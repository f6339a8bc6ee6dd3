"""Days: tables that are behind what they are made of, and days that a check holds up.

Belongs here: what is built. Not here: files that are not loaded (`files.py`).
"""

from collections.abc import Iterator
from datetime import date

from acme_platform.day import is_ours, outside, spans
from acme_platform.ledger import check_results, deliveries, failures
from acme_platform.ledger import stray_days as stray
from acme_platform.ledger.staleness import Work, work
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog, remedies


def stale_days(patient: Patient) -> Iterator[Finding]:
    """Days that should be filled again, or for the first time; `acme up` does it by itself."""
    with patient.ledger() as cursor:
        found = [one for feed in catalog.feeds().values() for one in work(cursor, feed, patient.settings.first_day)]
    for one in found:
        # `staging/x+` would be one step downstream only; what else is stale, acme run finds by itself
        select = f"""'key:"{one.tables[0].replace(".", "/")}"+'"""
        yield warn(one.tables[0], _behind(one), f"acme run --days {one.days} --select {select}")
    if not found:
        yield ok("tables", "all are up to date with what they are made of")


def _behind(one: Work) -> str:
    others = f", and after it {', '.join(one.tables[1:])}" if one.tables[1:] else ""
    return f"{one.days} is missing or older than what it is made of{others}"


def days_of_older_sql(patient: Patient) -> Iterator[Finding]:
    """Days that another SQL filled than the days beside them. They are filled again when somebody says so."""
    with patient.ledger() as cursor:
        found = {table.full_name: spans(deliveries.of_older_sql(cursor, table)) for table in catalog.tables().values()}
    for table, ranges in found.items():
        for days in ranges:
            said = f"{days} was filled before {catalog.table(table).sql.where} changed"
            yield warn(table, said, remedies.fill(table, days))
    if not any(found.values()):
        yield ok("SQL", "all days were filled by the SQL files as they are now")


def stray_days(patient: Patient) -> Iterator[Finding]:
    """Days before the first day or after today: nothing fills or reads them."""
    first = patient.settings.first_day
    with patient.ledger() as cursor:
        found = {feed.name: stray.stray_days(cursor, feed.tables, first) for feed in catalog.feeds().values()}
    for name, ranges in found.items():
        for days in ranges:
            yield bad(name, f"{days} is there and {outside(days, first)}", remedies.wipe(days))
    if not any(found.values()):
        yield ok("days", f"all are from {first} to today")


def failed_days(patient: Patient) -> Iterator[Finding]:
    """Days whose last attempt failed. Those that failed for good wait for somebody."""
    with patient.ledger() as cursor:
        found = failures.failed_days(cursor, *catalog.tables().values())
    for one in (one for one in found if _is_ours(patient, one.day)):
        said = f"{one.day} failed: {one.message.partition(chr(10))[0]}"
        if one.passes:
            yield warn(one.table_name, said, "it is tried again by itself; acme status shows when it is there")
        else:
            fill, again = (
                remedies.fill(one.table_name, one.day),
                remedies.again(one.table_name, one.day, one.message),
            )
            mend = f"mend that, then {fill}" if again == fill else again
            yield bad(one.table_name, said, mend)
    if not found:
        yield ok("attempts", "no day failed")


def red_checks(patient: Patient) -> Iterator[Finding]:
    """Broken `must` checks: nothing downstream is filled with these days."""
    days: dict[tuple[str, str], list[date]] = {}
    with patient.ledger() as cursor:
        for table, day, check in check_results.red(cursor, list(catalog.tables())):
            if _is_ours(patient, day):
                days.setdefault((table, check), []).append(day)
    for (table, check), found in days.items():
        ranges = spans(found)
        mend = f"mend what it shows in the UI, then {remedies.fill(table, ranges[0])}"
        yield bad(table, f"the check {check} is red on {', '.join(map(str, ranges))}", mend)
    if not days:
        yield ok("checks", "no `must` check is red")


def _is_ours(patient: Patient, day: date) -> bool:
    """Of others `stray_days` tells."""
    return is_ours(day, patient.settings.first_day)
