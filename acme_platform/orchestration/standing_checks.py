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
from acme_platform.ledger import builds
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
from acme_platform.wording import count

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
    missing = [gap for gap in gaps(cursor, table) if is_ours(gap.day, services.settings.first_day)]
    lines = [f"{gap.day}: {gap.why}" for gap in missing[:NAMED]]
    more = [f"and {count(len(missing) - NAMED, 'more day')}"] if len(missing) > NAMED else []
    return Finding([*lines, *more], mend(table, missing) if missing else "", {"days": len(missing)})


def _versions(cursor: Cursor, _services: Services, table: Table) -> Finding:
    older = spans(builds.of_older_sql(cursor, table))
    lines = [f"{days} was filled by an older SQL" for days in older[:NAMED]]
    more = [f"and {count(sum(map(len, older[NAMED:])), 'more day')}"] if older[NAMED:] else []
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


def shown(table: Table, check: StandingCheck, finding: Finding) -> dict[str, Any]:
    """Arguments of Dagster's result of a check, in a run or outside. `broken_days` as every other check has them."""
    return {
        "asset_key": asset_key(table.full_name),
        "check_name": check.name,
        "passed": not finding.lines,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": "; ".join([*finding.lines[:SAID], *(["…"] if finding.lines[SAID:] else [])]) or None,
        "metadata": finding.facts | ({"broken_days": finding.lines, "mend": finding.mend} if finding.lines else {}),
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
        with services.open_warehouse().transaction("acme inventory") as cursor:
            for table, check in (
                (candidate, check) for candidate in catalog.tables().values() for check in standing_checks(candidate)
            ):
                finding = check.look(cursor, services, table)
                name = f"{table.full_name} {check.name}"
                now[name] = finding.fingerprint
                if before.get(name) != finding.fingerprint:
                    events.append(dg.AssetCheckEvaluation(**shown(table, check, finding)))
        for broken in catalog.broken().values():
            now[broken.name] = Finding([broken.why], broken.next_step).fingerprint
            if before.get(broken.name) != now[broken.name]:
                events.append(evaluation(broken))
        said = f"{len(events)} checks say something new" if events else "nothing changed"
        return dg.SensorResult(asset_events=events, cursor=json.dumps(now), skip_reason=said)

    return inventory


def _remembered(text: str | None) -> dict[str, str]:
    """A cursor that cannot be read reports everything once more, which harms nobody."""
    try:
        fingerprints = json.loads(text or "{}")
    except ValueError:
        return {}
    return fingerprints if isinstance(fingerprints, dict) else {}
