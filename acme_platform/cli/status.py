"""`acme status`: what is there, what is missing, who works on it; on one screen.

Belongs here: how it looks. Not here: where it comes from (`acme_platform/monitoring/status.py`,
`acme_platform/monitoring/feed_status.py`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.errors import NEXT
from acme_platform.wording import count

if TYPE_CHECKING:
    from acme_platform.ledger.discrepancies import Discrepancy
    from acme_platform.materialize.cache_lag import CacheAge
    from acme_platform.monitoring.feed_status import FeedState
    from acme_platform.monitoring.sensor_status import SensorState
    from acme_platform.monitoring.status import Status, TableState

#: runs to show; the others are counted
SHOWN = 10

One = TypeVar("One")

FEED = ("feed", "delivered", "answered", "missing", "failed", "stale", "old sql", "must", "should", "refused")
WORK = ("caches", "queue", "looked", "sensors")


class Form(StrEnum):
    """Four lists of different columns are no CSV."""

    TABLE = "table"
    JSON = "json"


def status(
    feed: Annotated[str | None, typer.Argument(metavar="[FEED]", help="All of it.", show_default=False)] = None,
    *,
    form: Annotated[Form, one_of(Form)] = Form.TABLE,
) -> None:
    """Show each feed's newest day, what is missing, failed, stale or red, who works on it, and when it was looked at.

    Below, the tables, caches and sensors that something is wrong with; with a feed's name, all of its own. Missing is
    what was delivered, or is there in a table upstream, and not in the table. Old sql is what was filled before its SQL
    file changed. The embedded servers are started to be
    asked.
    """
    # Dagster takes half a second to import
    from acme_platform.monitoring import status as state  # noqa: PLC0415
    from acme_platform.monitoring.feed_status import feed_states  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    names = {table.full_name for table in catalog.feed(feed).tables} if feed else None
    seen = state.status(Services(Settings.from_env()))
    feeds = feed_states(seen)
    if form is Form.JSON:
        everything = {"feeds": [asdict(feed_state) for feed_state in feeds], **asdict(seen)}
        print(json.dumps(everything, default=str, indent=2))
        return
    console.show((*FEED, *WORK), [_feed(feed_state) for feed_state in feeds if feed in {None, feed_state.feed}])
    _show_troubles(seen, feed)
    _show(("cannot be loaded", "why", "next"), seen.broken, astuple)
    _show_runs(seen)
    _show_tables([table for table in seen.tables if (table.table in names if names else _troubled(table))])
    _show_found([discrepancy for discrepancy in seen.found if not names or discrepancy.table_name in names])
    _show_caches([cache for cache in seen.caches if (cache.table in names if names else cache.is_behind)])
    _show_sensors([sensor for sensor in seen.sensors if (sensor.feed == feed if feed else sensor.is_idle)])
    _show_servers(seen)
    console.say(
        "next: acme doctor names what is wrong, and the command that mends it"
        if feed
        else "next: acme status FEED shows all its tables; acme doctor names the command that mends what is wrong"
    )


def _feed(state: "FeedState") -> tuple[object, ...]:
    """Nothing where nothing is wrong, so that what is wrong is seen."""
    counts = (state.red_must, state.broken_should, state.refused_files)
    queue = [f"{count} {name}" for count, name in ((state.under_way, "under way"), (state.queued, "queued")) if count]
    return (
        state.feed,
        state.delivered,
        state.answered,
        *(_days(ranges) for ranges in (state.missing, state.failed, state.stale, state.older_sql)),
        *(count or None for count in counts),
        f"{len(state.behind)} behind" if state.behind else "",
        ", ".join(queue),
        _time(state.looked_at) or "never",
        f"{len(state.idle)} off or failed" if state.idle else "",
    )


def _show_troubles(seen: "Status", feed: str | None) -> None:
    """Of each feed what should be mended first, with the command that does; of a single one all of it."""
    for name, found in seen.troubles.items():
        told = found if feed == name else [] if feed else found[:1]
        left = len(found) - len(told) if told else 0
        more = f"; acme status {name} names {count(left, 'more trouble')}" if left else ""
        for trouble in told:
            console.warn(f"{trouble.subject}: {trouble.message}\n  next: {trouble.mend}{more}", bad=True)


def _troubled(table: "TableState") -> bool:
    return bool(
        table.missing
        or table.failed
        or table.stale
        or table.older_sql
        or table.red_must
        or table.broken_should
        or table.refused_files
    )


def _show_tables(tables: Sequence["TableState"]) -> None:
    columns = (
        "table",
        "newest",
        "rows",
        "days",
        "missing",
        "failed",
        "stale",
        "old sql",
        "must",
        "should",
        "refused",
        "rejects",
        "nothing to compare",
    )
    _show(columns, tables, _table)


def _table(table: "TableState") -> tuple[object, ...]:
    troubles = (table.red_must, table.broken_should, table.refused_files, table.quarantined_rows)
    return (
        table.table,
        table.newest_day,
        None if table.rows is None else f"{table.rows:,}",
        table.days,
        *(_days(ranges) for ranges in (table.missing, table.failed, table.stale, table.older_sql)),
        *(count or None for count in troubles),
        ", ".join(table.uncompared),
    )


def _show_found(discrepancies: Sequence["Discrepancy"]) -> None:
    _show(
        ("compared with its source", "day", "found"),
        discrepancies,
        lambda discrepancy: (discrepancy.table_name, discrepancy.day, discrepancy.said),
    )


def _show_caches(caches: Sequence["CacheAge"]) -> None:
    _show(
        ("cache", "day in redis", "keys", "refreshed", "behind since", "trouble"),
        caches,
        lambda cache: (
            cache.table,
            cache.day,
            cache.keys,
            _time(cache.refreshed_at),
            _time(cache.behind_since),
            "; ".join(filter(None, (cache.trouble, cache.refused.replace(NEXT, "; ")))),
        ),
    )


def _show_sensors(sensors: Sequence["SensorState"]) -> None:
    _show(
        ("sensor", "is", "looked", "outcome", "said"),
        sensors,
        lambda sensor: (
            sensor.name,
            "stopped" if sensor.stopped else "on",
            _time(sensor.looked_at) or "never",
            sensor.outcome,
            sensor.said,
        ),
    )


def _show_servers(seen: "Status") -> None:
    _show(
        ("server", "kind", "address", "is"),
        seen.servers,
        lambda server: (
            server.name,
            server.kind,
            server.address or "",
            "running" if server.running else "was not running",
        ),
    )


def _show(columns: Sequence[str], items: Sequence[One], line: Callable[[One], tuple[object, ...]]) -> None:
    """A list without a line is left out."""
    if items:
        console.show(columns, [line(item) for item in items])


def _days(ranges: Sequence[Days]) -> str:
    """One range as it is, several as their number of days and the first."""
    if len(ranges) > 1:
        return f"{sum(map(len, ranges))} days, first {ranges[0].first}"
    return str(ranges[0]) if ranges else ""


def _show_runs(seen: "Status") -> None:
    queued = sum(run.state == "queued" for run in seen.runs)
    console.say(f"runs: {len(seen.runs) - queued} under way, {queued} queued")
    _show(
        ("run", "feed", "state", "days", "since"),
        seen.runs[:SHOWN],
        lambda run: (run.run_id[:8], run.feed or "", run.state, run.days, _time(run.since)),
    )


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


COMMAND = Command(status, examples=("acme status", "acme status sales", "acme status --format json"))
