"""`acme status`: what is there, what is missing, who works on it; on one screen.

Belongs here: how it looks. Not here: where it comes from (`acme_assets/status.py`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from acme_assets.cli import console
from acme_assets.cli.command import Command
from acme_assets.day import Days
from acme_assets.settings import Settings

if TYPE_CHECKING:
    from acme_assets.status import Status, TableState

#: runs to show; the others are counted
SHOWN = 10


class Form(StrEnum):
    """Four lists of different columns are no CSV."""

    TABLE = "table"
    JSON = "json"


def status(form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TABLE) -> None:
    """Show every table's newest day and what is missing, stale or red; servers, runs and sensors.

    Missing is what was delivered, or is there in a table upstream, and not in the table. The embedded servers are
    started to be asked.
    """
    # Dagster takes half a second to import
    from acme_assets import status as state  # noqa: PLC0415
    from acme_assets.services import Services  # noqa: PLC0415

    found = state.status(Services(Settings.from_env()))
    if form is Form.JSON:
        console.say(json.dumps(asdict(found), default=str, indent=2))
    else:
        _show(found)


def _show(found: "Status") -> None:
    columns = ("table", "newest", "rows", "days", "missing", "stale", "failed", "must", "should", "refused", "rejects")
    console.show(columns, [_line(table) for table in found.tables])
    ages = [(one.table, one.day, _time(one.refreshed_at), _time(one.behind_since), one.trouble) for one in found.caches]
    console.show(("cache", "day in redis", "refreshed", "behind since", "trouble"), ages)
    _show_runs(found)
    sensors = [
        (one.name, "stopped" if one.stopped else "on", _time(one.looked_at) or "never", one.outcome, one.said)
        for one in found.sensors
    ]
    console.show(("sensor", "is", "looked", "outcome", "said"), sensors)
    servers = [
        (one.name, one.kind, one.address or "", "running" if one.running else "was not running")
        for one in found.servers
    ]
    console.show(("server", "kind", "address", "is"), servers)
    console.say("next: acme doctor names what is wrong, and the command that mends it")


def _line(table: "TableState") -> tuple[object, ...]:
    """Nothing where nothing is wrong, so that what is wrong is seen."""
    troubles = (table.red_must, table.broken_should, table.refused_files, table.quarantined_rows)
    return (
        table.table,
        table.newest_day,
        None if table.rows is None else f"{table.rows:,}",
        table.days,
        _days(table.missing),
        _days(table.stale),
        _days(table.failed),
        *(count or None for count in troubles),
    )


def _days(ranges: Sequence[Days]) -> str:
    """One range as it is, several as their number of days and the first."""
    if len(ranges) > 1:
        return f"{sum(map(len, ranges))} days, first {ranges[0].first}"
    return str(ranges[0]) if ranges else ""


def _show_runs(found: "Status") -> None:
    queued = sum(run.state == "queued" for run in found.runs)
    console.say(f"runs: {len(found.runs) - queued} under way, {queued} queued")
    if found.runs:
        runs = [(run.run_id[:8], run.state, run.days, _time(run.since)) for run in found.runs[:SHOWN]]
        console.show(("run", "state", "days", "since"), runs)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


COMMAND = Command(status, examples=("acme status", "acme status --format json"))
