"""Filling a day of a table: whether it has to be, which machinery each layer takes, and what the run says of it.

Belongs here: the choice by layer, what is asked before anything is filled, and the numbers shown. Not here: the
machinery itself, the answers to what is asked (`readiness.py`, `gate.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from acme_platform.checks import gate
from acme_platform.day import Days
from acme_platform.errors import NotReady, TryAgain
from acme_platform.ledger import check_results, deliveries, readiness
from acme_platform.ledger.failures import attempt
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.extraction import reading
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.model.tolerance import ANYTHING
from acme_platform.services import Services
from acme_platform.serving.lake_export import export
from acme_platform.serving.redis_cache import held_day, refresh
from acme_platform.serving.restore import restore
from acme_platform.transform.analytics import answer
from acme_platform.transform.staging import stage
from acme_platform.warehouse.connection import lock


@dataclass(frozen=True)
class Filled:
    """A day of a table after it was filled."""

    rows: int
    #: what the layer adds: rows quarantined, files, keys written …
    more: dict[str, Any] = field(default_factory=dict)
    #: the run that filled it, where it stands as it was
    unchanged_since: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """For Dagster: `dagster/row_count` lights up the asset's status row and its plot."""
        said = {"unchanged_since_run": self.unchanged_since} if self.unchanged_since else {}
        return {"dagster/row_count": self.rows, "dagster/partition_row_count": self.rows, **self.more, **said}


def in_order(table: Table, days: Days) -> list[date]:
    """A cache holds one day only: with the newest one first, there is nothing left to do for the others."""
    return sorted(days, reverse=table.layer == "cache")


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

    Before that Redis is given again what it lost of a cache, whatever may be in the way of new contents.
    """
    if table.layer == "cache":
        _restore(services, table, run_id)
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
    with services.warehouse.transaction(f"{run_id[:8]} {table.full_name} readiness") as at:
        readiness.refuse_unready(at, table, day)
        late = readiness.late(at, table, day)
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


def _restore(services: Services, table: Table, run_id: str) -> None:
    with services.warehouse.transaction(f"{run_id[:8]} {table.full_name} look") as at:
        differs = differing_days(at, services, [table])
    if differs:
        restore(services.warehouse, services.keyspace(table), table, run_id)


def _standing(services: Services, table: Table, day: date, run_id: str) -> deliveries.Build | None:
    """Never a day of raw: whether it stands, only what is outside says, and asking that is what filling it does."""
    if table.layer == "raw":
        return None
    with services.warehouse.transaction(f"{run_id[:8]} {table.full_name} standing") as at:
        if table.layer == "staging":
            # Days of one table are filled one after the other: another run may be at this one, and then it stands.
            lock(at, table.full_name)
        holder = held_day(at, services.keyspace(table), table, day) if table.layer == "cache" else day
        if holder is None or check_results.blocked(at, table, [holder]):
            return None
        if build := deliveries.standing(at, table, holder):
            deliveries.leave(at, table.full_name, day, holder)
        return build


def _fill(services: Services, feed: Feed, table: Table, day: date, run_id: str, options: RunOptions) -> Filled:
    gate.judge(services.warehouse, table, day, run_id)
    if options.accepts_rejects:
        feed = replace(feed, tolerance=ANYTHING)
    if options.accepts_loss:
        table = replace(table, may_lose=1.0)
    return LAYERS[table.layer](services, feed, table, day, run_id)


def _raw(services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
    if table.source:
        services.prepare_stand_in(feed.source)
        extracted = reading(services, feed, run_id).extract(day, table)
        more = {"rows_read": extracted.read, "rows_new": extracted.new, "rows_found": extracted.found}
        return Filled(extracted.rows, more)
    # numpy, by which files are screened, takes a tenth of a second to import: only a run that loads files waits for it
    from acme_platform.ingest.files.load import Loader  # noqa: PLC0415

    loaded = Loader(services.warehouse, services.lake, feed.name, table, run_id, feed.tolerance).load(day)
    return Filled(loaded.rows, {"rows_quarantined": loaded.rejected, "files": loaded.files, "files_read": loaded.read})


def _staging(services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
    staged = stage(services.warehouse, table, day, run_id, feed.tolerance)
    return Filled(staged.kept, {"rows_quarantined": staged.rejected})


def _analytics(services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
    del feed
    return Filled(answer(services.warehouse, table, day, run_id))


def _cache(services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
    del feed
    refreshed = refresh(services.warehouse, services.keyspace(table), table, day, run_id)
    more = {"day_in_redis": str(refreshed.day), "keys_written": refreshed.written, "keys_removed": refreshed.removed}
    return Filled(refreshed.keys, more)


def _export(services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
    del feed
    exported = export(services.warehouse, services.lake, table, day, run_id)
    return Filled(exported.rows, {"export_id": exported.export_id, "files_written": exported.written})


LAYERS: dict[str, Callable[[Services, Feed, Table, date, str], Filled]] = {
    "raw": _raw,
    "staging": _staging,
    "analytics": _analytics,
    "cache": _cache,
    "export": _export,
}
