"""What people ask to see before it is done: a run of days, or what the platform does by itself with what waits.

Belongs here: what is rehearsed for each. Not here: rehearsing (`rehearsal.py`).
"""

from collections.abc import Iterator
from datetime import date

from acme_platform.day import Days, refuse_outside, today
from acme_platform.errors import AcmeError
from acme_platform.ledger import builds
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.planning.held_back import held_back
from acme_platform.planning.plan import Held, Plan
from acme_platform.planning.rehearsal import Rehearsal
from acme_platform.planning.stage import stage
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.triggers.new_files import look
from acme_platform.triggers.source_changes import look as changed


def of_run(services: Services, tables: tuple[str, ...], days: Days, options: RunOptions = USUAL) -> Plan:
    """What `acme run` would fill: the days of the tables, and then whatever became stale."""
    refuse_outside(days, services.settings.first_day)
    with stage(services) as on_stage:
        rehearsal = Rehearsal(on_stage, options)
        for feed in _feeds(tables):
            if any(table.full_name in tables for table in feed.extracted):
                rehearsal.changed[feed.name] = set(_changed(rehearsal, feed))
        rehearsal.run(tables, days)
        rehearsal.catch_up()
        return _finished(rehearsal, _feeds(tables), tables, days)


def of_waiting(services: Services, tables: tuple[str, ...]) -> Plan:
    """What the platform would do by itself: files that wait, changes of databases, and what is stale.

    Said is what becomes of the tables, with whatever waits for their feeds.
    """
    feeds = _feeds(tables)
    with stage(services) as on_stage:
        rehearsal = Rehearsal(on_stage)
        for feed in feeds:
            rehearsal.run([table.full_name for table in feed.tables], _arrived(rehearsal, feed))
        rehearsal.catch_up()
        return _finished(rehearsal, feeds, tables, None).only(tables)


def older_sql(services: Services, tables: tuple[str, ...]) -> Iterator[tuple[Table, list[date]]]:
    """Days that another SQL filled than that of the file: they stay until somebody asks for them."""
    with services.open_warehouse().transaction("acme plan") as cursor:
        for table in map(catalog.table, tables):
            if days := builds.of_older_sql(cursor, table):
                yield table, days


def _arrived(rehearsal: Rehearsal, feed: Feed) -> set[date]:
    """Days of the feed that a sensor would ask for."""
    days = set(_changed(rehearsal, feed)) if feed.extracted else set()
    rehearsal.changed[feed.name] = set(days)
    if not feed.deliveries:
        return days
    arrived = look(rehearsal.stage, feed)
    for day, lacks in sorted(arrived.waiting.items()):
        table = next(iter(feed.deliveries.values()))
        rehearsal.plan.held.append(Held(table.full_name, day, f"waits for {' and '.join(lacks)}"))
    return days | set(arrived.days)


def _changed(rehearsal: Rehearsal, feed: Feed) -> list[date]:
    """Days of which the feed's source has something new; where it does not answer, the plan says so."""
    try:
        return changed(rehearsal.stage, feed).days
    except AcmeError as error:
        rehearsal.plan.held += [
            Held(table.full_name, today(), error.message, error.next_step) for table in feed.extracted
        ]
        return []


def _feeds(tables: tuple[str, ...]) -> list[Feed]:
    return [feed for feed in catalog.feeds().values() if any(table.full_name in tables for table in feed.tables)]


def _finished(rehearsal: Rehearsal, feeds: list[Feed], tables: tuple[str, ...], days: Days | None) -> Plan:
    plan, first_day = rehearsal.finish(), rehearsal.stage.settings.first_day
    told = {(held.table, held.day) for held in plan.held} | plan.days
    with rehearsal.stage.open_warehouse().transaction("acme plan") as cursor:
        others = list(held_back(cursor, feeds, first_day))
    plan.held += [
        held
        for held in others
        if (held.table, held.day) not in told and held.table in tables and (days is None or held.day in days)
    ]
    return plan
