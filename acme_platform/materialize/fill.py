"""Filling a day of a table: what is asked before, whether it has to be, and what a person allowed.

Belongs here: what is the same for every layer. Not here: how each is filled (`layers.py`), the answers to what is asked
(`readiness.py`, `gate.py`).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from time import monotonic

from acme_platform.checks import gate
from acme_platform.day import Days
from acme_platform.differences.corrections import correction
from acme_platform.errors import NotReady, TryAgain
from acme_platform.ledger import builds, check_results, readiness
from acme_platform.ledger.failures import attempt
from acme_platform.ledger.parts import engines
from acme_platform.materialize.judging import judge
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import Filled, Machinery
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.model.tolerance import ANYTHING
from acme_platform.services import Services


def in_order(table: Table, days: Days) -> list[date]:
    """Where one day only is held: with the newest one first, there is nothing left to do for the others."""
    return sorted(days, reverse=table.layer.holds_one_day)


#: is told of days that had to be filled before the one that was asked for
Also = Callable[[Table, date, Filled], None]


#: who fills, restores and knows the days of a table
Choice = Callable[[Table], Machinery]


def _untold(table: Table, day: date, filled: Filled) -> None:
    """Nobody listens."""


def ensure_filled(
    services: Services,
    feed: Feed,
    table: Table,
    day: date,
    run_id: str,
    options: RunOptions = USUAL,
    also: Also = _untold,
    by: Choice = machinery,
) -> Filled:
    """Fill the day unless it stands: what it was made of has not changed since, and neither has its SQL.

    Before that what was lost outside of the warehouse is given back, whatever may be in the way of new contents. A plan
    asks the same, `by` machinery that only says what it would do.
    """
    by(table).restore(services, table, run_id)
    _prepare(services, feed, table, day, run_id, also, by)
    if not options.force and (build := _current_build(services, table, day, run_id, by)):
        return Filled(build.rows, build.shown, unchanged_since=build.run_id)
    return _fill(services, feed, table, day, run_id, options, by)


def fill(services: Services, feed: Feed, table: Table, day: date, run_id: str, options: RunOptions = USUAL) -> Filled:
    """Fill the day of the table, whatever it held before."""
    _prepare(services, feed, table, day, run_id, _untold, machinery)
    return _fill(services, feed, table, day, run_id, options, machinery)


def _prepare(services: Services, feed: Feed, table: Table, day: date, run_id: str, also: Also, by: Choice) -> None:
    """Refuse a day that is not ready, and stage what it reads and raw alone holds.

    Raises NotReady, and MendInput where the rows of the table stand elsewhere than its feed says.
    """
    readiness.refuse_outside(table, Days(day, day), services.settings.first_day)
    with services.open_warehouse().transaction(f"{run_id[:8]} {table.full_name} readiness") as cursor:
        engines.settle(cursor, table)
        readiness.refuse_unready(cursor, table, day)
        late = readiness.late(cursor, table, day)
    for staging, earlier in late:
        if filled := _fill_late(services, feed, staging, earlier, run_id, by):
            also(staging, earlier, filled)


def _fill_late(services: Services, feed: Feed, staging: Table, day: date, run_id: str, by: Choice) -> Filled | None:
    """None where it fails for good, which the ledger then tells: it stops itself, and not the days behind it.

    Raises NotReady where raw does not hold it any more, which nothing else would tell.
    """
    made = attempt(services.open_warehouse(), staging, run_id)
    try:
        return ensure_filled(services, feed, staging, day, run_id, by=by)
    except (TryAgain, NotReady):
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it is remembered
        made.failed([day], error)
        return None


def _current_build(services: Services, table: Table, day: date, run_id: str, by: Choice) -> builds.Build | None:
    """Never a day that is loaded: whether it stands only what is outside says, and asking that is filling it."""
    if table.layer.is_loaded:
        return None
    with services.open_warehouse().transaction(f"{run_id[:8]} {table.full_name} current") as cursor:
        holder = by(table).holder(cursor, services, table, day)
        if holder is None or check_results.blocked(cursor, table, [holder]):
            return None
        if build := builds.current(cursor, table, holder):
            builds.confirm(cursor, table.full_name, day, holder)
        return build


def _fill(
    services: Services, feed: Feed, table: Table, day: date, run_id: str, options: RunOptions, by: Choice
) -> Filled:
    gate.judge(services.open_warehouse(), table, day, run_id, partial(judge, services))
    if options.accepts_rejects:
        feed = replace(feed, tolerance=ANYTHING)
    if options.accepts_loss:
        table = replace(table, may_lose=1.0)
    began = monotonic()
    filled = by(table).fill(services, feed, table, day, run_id)
    return _told(services, table, day, run_id, filled, monotonic() - began, by)


def _told(
    services: Services, table: Table, day: date, run_id: str, filled: Filled, seconds: float, by: Choice
) -> Filled:
    """Say how long it took, what the day holds, and what it changed of a day that stood before; and remember that."""
    with services.open_warehouse().transaction(f"{run_id[:8]} {table.full_name} filled") as cursor:
        builds.keep_text(cursor, table)
        corrected = correction(cursor, table, day)
        changed = corrected.metadata if corrected and corrected.run_id == run_id else {}
        shown = {"seconds": round(seconds, 3), **by(table).page(cursor, services, table, day), **filled.more, **changed}
        builds.took(cursor, table.full_name, day, run_id, seconds, shown)
    return replace(filled, more=shown)
