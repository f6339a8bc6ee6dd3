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
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.errors import NEXT

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
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TABLE,
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
    found = state.status(Services(Settings.from_env()))
    feeds = feed_states(found)
    if form is Form.JSON:
        console.say(json.dumps({"feeds": [asdict(one) for one in feeds], **asdict(found)}, default=str, indent=2))
        return
    console.show((*FEED, *WORK), [_feed(one) for one in feeds if feed in {None, one.feed}])
    _show(("cannot be loaded", "why", "next"), found.broken, astuple)
    _show_runs(found)
    _show_tables([one for one in found.tables if (one.table in names if names else _troubled(one))])
    _show_found([one for one in found.found if not names or one.table_name in names])
    _show_caches([one for one in found.caches if (one.table in names if names else one.is_behind)])
    _show_sensors([one for one in found.sensors if (one.feed == feed if feed else one.is_idle)])
    _show_servers(found)
    console.say(
        "next: acme doctor names what is wrong, and the command that mends it"
        if feed
        else "next: acme status FEED shows all its tables; acme doctor names the command that mends what is wrong"
    )


def _feed(one: "FeedState") -> tuple[object, ...]:
    """Nothing where nothing is wrong, so that what is wrong is seen."""
    counts = (one.red_must, one.broken_should, one.refused_files)
    queue = [f"{count} {name}" for count, name in ((one.under_way, "under way"), (one.queued, "queued")) if count]
    return (
        one.feed,
        one.delivered,
        one.answered,
        *(_days(ranges) for ranges in (one.missing, one.failed, one.stale, one.older_sql)),
        *(count or None for count in counts),
        f"{len(one.behind)} behind" if one.behind else "",
        ", ".join(queue),
        _time(one.looked_at) or "never",
        f"{len(one.idle)} off or failed" if one.idle else "",
    )


def _troubled(one: "TableState") -> bool:
    return bool(
        one.missing
        or one.failed
        or one.stale
        or one.older_sql
        or one.red_must
        or one.broken_should
        or one.refused_files
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


def _show_found(found: Sequence["Discrepancy"]) -> None:
    _show(("compared with its source", "day", "found"), found, lambda one: (one.table_name, one.day, one.said))


def _show_caches(caches: Sequence["CacheAge"]) -> None:
    _show(
        ("cache", "day in redis", "keys", "refreshed", "behind since", "trouble"),
        caches,
        lambda one: (
            one.table,
            one.day,
            one.keys,
            _time(one.refreshed_at),
            _time(one.behind_since),
            "; ".join(filter(None, (one.trouble, one.refused.replace(NEXT, "; ")))),
        ),
    )


def _show_sensors(sensors: Sequence["SensorState"]) -> None:
    _show(
        ("sensor", "is", "looked", "outcome", "said"),
        sensors,
        lambda one: (
            one.name,
            "stopped" if one.stopped else "on",
            _time(one.looked_at) or "never",
            one.outcome,
            one.said,
        ),
    )


def _show_servers(found: "Status") -> None:
    _show(
        ("server", "kind", "address", "is"),
        found.servers,
        lambda one: (one.name, one.kind, one.address or "", "running" if one.running else "was not running"),
    )


def _show(columns: Sequence[str], found: Sequence[One], line: Callable[[One], tuple[object, ...]]) -> None:
    """A list without a line is left out."""
    if found:
        console.show(columns, [line(one) for one in found])


def _days(ranges: Sequence[Days]) -> str:
    """One range as it is, several as their number of days and the first."""
    if len(ranges) > 1:
        return f"{sum(map(len, ranges))} days, first {ranges[0].first}"
    return str(ranges[0]) if ranges else ""


def _show_runs(found: "Status") -> None:
    queued = sum(run.state == "queued" for run in found.runs)
    console.say(f"runs: {len(found.runs) - queued} under way, {queued} queued")
    _show(
        ("run", "feed", "state", "days", "since"),
        found.runs[:SHOWN],
        lambda run: (run.run_id[:8], run.feed or "", run.state, run.days, _time(run.since)),
    )


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


COMMAND = Command(status, examples=("acme status", "acme status sales", "acme status --format json"))
