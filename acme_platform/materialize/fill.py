"""Filling a day of a table: what is asked before, whether it has to be, and what a person allowed.

Belongs here: what is the same for every layer. Not here: how each is filled (`layers.py`), the answers to what is asked
(`readiness.py`, `gate.py`).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from acme_platform.checks import gate
from acme_platform.day import Days
from acme_platform.errors import NotReady, TryAgain
from acme_platform.ledger import check_results, deliveries, readiness
from acme_platform.ledger.failures import attempt
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import Filled
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.model.tolerance import ANYTHING
from acme_platform.services import Services


def in_order(table: Table, days: Days) -> list[date]:
    """Where one day only is held: with the newest one first, there is nothing left to do for the others."""
    return sorted(days, reverse=table.layer.holds_one_day)


#: hears of days that had to be filled before the one that was asked for
Also = Callable[[Table, date, Filled], None]


def _unheard(table: Table, day: date, filled: Filled) -> None:
    """Nobody listens."""


def bring(
    services: Services,
    feed: Feed,
    table: Table,
    day: date,
    run_id: str,
    options: RunOptions = USUAL,
    also: Also = _unheard,
) -> Filled:
    """Fill the day unless it stands: what it was made of has not changed since, and neither has its SQL.

    Before that what was lost outside of the warehouse is given back, whatever may be in the way of new contents.
    """
    machinery(table).restore(services, table, run_id)
    _prepare(services, feed, table, day, run_id, also)
    if not options.force and (build := _standing(services, table, day, run_id)):
        return Filled(build.rows, unchanged_since=build.run_id)
    return _fill(services, feed, table, day, run_id, options)


def fill(services: Services, feed: Feed, table: Table, day: date, run_id: str, options: RunOptions = USUAL) -> Filled:
    """Fill the day of the table, whatever it held before."""
    _prepare(services, feed, table, day, run_id, _unheard)
    return _fill(services, feed, table, day, run_id, options)


def _prepare(services: Services, feed: Feed, table: Table, day: date, run_id: str, also: Also) -> None:
    """Refuse a day that is not ready, and stage what it reads and raw alone holds. Raises NotReady."""
    readiness.refuse_outside(table, Days(day, day), services.settings.first_day)
    if not table.upstream:
        return
    with services.warehouse.transaction(f"{run_id[:8]} {table.full_name} readiness") as cursor:
        readiness.refuse_unready(cursor, table, day)
        late = readiness.late(cursor, table, day)
    for staging, earlier in late:
        if filled := _bring_late(services, feed, staging, earlier, run_id):
            also(staging, earlier, filled)


def _bring_late(services: Services, feed: Feed, staging: Table, day: date, run_id: str) -> Filled | None:
    """None where it fails for good, which the ledger then tells: it stops itself, and not the days behind it.

    Raises NotReady where raw does not hold it any more, which nothing else would tell.
    """
    made = attempt(services.warehouse, staging, run_id)
    try:
        return bring(services, feed, staging, day, run_id)
    except (TryAgain, NotReady):
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it is remembered
        made.failed([day], error)
        return None


def _standing(services: Services, table: Table, day: date, run_id: str) -> deliveries.Build | None:
    """Never a day that is loaded: whether it stands only what is outside says, and asking that is filling it."""
    if table.layer.is_loaded:
        return None
    with services.warehouse.transaction(f"{run_id[:8]} {table.full_name} standing") as cursor:
        holder = machinery(table).holder(cursor, services, table, day)
        if holder is None or check_results.blocked(cursor, table, [holder]):
            return None
        if build := deliveries.standing(cursor, table, holder):
            deliveries.leave(cursor, table.full_name, day, holder)
        return build


def _fill(services: Services, feed: Feed, table: Table, day: date, run_id: str, options: RunOptions) -> Filled:
    gate.judge(services.warehouse, table, day, run_id)
    if options.accepts_rejects:
        feed = replace(feed, tolerance=ANYTHING)
    if options.accepts_loss:
        table = replace(table, may_lose=1.0)
    return machinery(table).fill(services, feed, table, day, run_id)
