"""Standing checks: what is said of a table as a whole, whenever somebody looks, and not of the days of a run.

Belongs here: their results, and the sensor that looks every minute and reports what changed, without a run. Not here:
what is looked for (`missing_days.py`, `cache_lag.py`), the checks of days (`asset_checks.py`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from acme_platform.cursor import Cursor
from acme_platform.day import is_ours, spans
from acme_platform.ledger import deliveries
from acme_platform.ledger.filled_days import newest_day
from acme_platform.ledger.missing_days import gaps, mend
from acme_platform.materialize.cache_lag import cache_age
from acme_platform.model import sensor_names
from acme_platform.model.table import Table
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.orchestration.placeholder import evaluation
from acme_platform.registry import catalog, remedies
from acme_platform.services import Services
from acme_platform.serving.drift_monitor import LOOK_SECONDS

INTERVAL_SECONDS = 60
#: days that are named before the rest is counted, and those that stand beside the mark
NAMED, SAID = 20, 3


@dataclass(frozen=True)
class Finding:
    """What is wrong, line by line; nothing when all is well. `facts` change without anything being wrong."""

    lines: list[str]
    mend: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256("\0".join([*self.lines, self.mend]).encode()).hexdigest()[:16]


Look = Callable[[Cursor, Services, Table], Finding]


@dataclass(frozen=True)
class StandingCheck:
    """One standing check of one table; it only warns."""

    name: str
    meaning: str
    look: Look


def standing_checks(table: Table) -> Iterator[StandingCheck]:
    """Those that the table has."""
    yield StandingCheck("no_day_is_lacking", "Every day that could be there is there, and none failed.", _gaps)
    if not table.layer.is_loaded:
        yield StandingCheck(
            "one_sql_for_all_days", f"Every day was filled by {table.sql.where} as it is now.", _versions
        )
    if table.layer.is_in_redis:
        yield StandingCheck(
            "redis_is_current", "Redis holds the newest answers, one minute after they are there.", _age
        )


def _gaps(cursor: Cursor, services: Services, table: Table) -> Finding:
    found = [gap for gap in gaps(cursor, table) if is_ours(gap.day, services.settings.first_day)]
    lines = [f"{gap.day}: {gap.why}" for gap in found[:NAMED]]
    more = [f"and {len(found) - NAMED} more days"] if len(found) > NAMED else []
    return Finding([*lines, *more], mend(table, found) if found else "", {"days": len(found)})


def _versions(cursor: Cursor, _services: Services, table: Table) -> Finding:
    older = spans(deliveries.of_older_sql(cursor, table))
    lines = [f"{days} was filled by an older SQL" for days in older[:NAMED]]
    more = [f"and {sum(map(len, older[NAMED:]))} more days"] if older[NAMED:] else []
    mending = remedies.fill(table.full_name, older[0]) if older else ""
    return Finding([*lines, *more], mending, {"days": sum(map(len, older))})


def _age(cursor: Cursor, services: Services, table: Table) -> Finding:
    now = datetime.now(UTC)
    age = cache_age(cursor, services, table, LOOK_SECONDS)
    why = age.why_not(now)
    facts: dict[str, Any] = {"day_in_redis": str(age.day or "none")}
    if age.refreshed_at:
        facts["refreshed_minutes_ago"] = int((now - age.refreshed_at).total_seconds() // 60)
    if age.behind_since:
        facts["behind_minutes"] = int((now - age.behind_since).total_seconds() // 60)
    if not why:
        return Finding([], facts=facts)
    return Finding([why], remedies.fill(table.full_name, newest_day(cursor, table.upstream)), facts)


def shown(table: Table, check: StandingCheck, found: Finding) -> dict[str, Any]:
    """Arguments of Dagster's result of a check, in a run or outside. `broken_days` as every other check has them."""
    return {
        "asset_key": asset_key(table.full_name),
        "check_name": check.name,
        "passed": not found.lines,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": "; ".join([*found.lines[:SAID], *(["…"] if found.lines[SAID:] else [])]) or None,
        "metadata": found.facts | ({"broken_days": found.lines, "mend": found.mend} if found.lines else {}),
    }


def sensor() -> dg.SensorDefinition:
    """`inventory`: all standing checks of all tables, reported when they say something else than before."""

    @dg.sensor(
        name=sensor_names.INVENTORY,
        description="Looks for missing and failed days and for stale caches, and says so in the checks of each asset.",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def inventory(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SensorResult:
        before: dict[str, str] = _remembered(context.cursor)
        now: dict[str, str] = {}
        events: list[dg.AssetCheckEvaluation] = []
        with services.warehouse.transaction("acme inventory") as cursor:
            for table, check in ((one, check) for one in catalog.tables().values() for check in standing_checks(one)):
                found = check.look(cursor, services, table)
                name = f"{table.full_name} {check.name}"
                now[name] = found.fingerprint
                if before.get(name) != found.fingerprint:
                    events.append(dg.AssetCheckEvaluation(**shown(table, check, found)))
        for one in catalog.broken().values():
            now[one.name] = Finding([one.why], one.next_step).fingerprint
            if before.get(one.name) != now[one.name]:
                events.append(evaluation(one))
        said = f"{len(events)} checks say something new" if events else "nothing changed"
        return dg.SensorResult(asset_events=events, cursor=json.dumps(now), skip_reason=said)

    return inventory


def _remembered(text: str | None) -> dict[str, str]:
    """A cursor that cannot be read reports everything once more, which harms nobody."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
