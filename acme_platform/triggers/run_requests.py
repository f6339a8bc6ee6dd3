"""Requests: runs that sensors ask Dagster for, not too many, and not again and again.

Belongs here: which of the wanted runs are worth one now. Not here: what is wanted (`sensors.py`, `automation.py`).

Every request carries a fingerprint of its reason as a tag. A reason whose run is under way is not asked again.
One whose runs failed is asked three times, and then after pauses that double. For killed workers and outages say
nothing of a file, and a run that fails for ever must not be started all the time. What failed for good is left to
people. A run key alone would not do: Dagster remembers run keys without end, so a lost run would never come back.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import RunsFilter

from acme_platform.day import Days
from acme_platform.deployment.clean_stop import STOPPED
from acme_platform.deployment.feed_runs import FEED, under_way
from acme_platform.deployment.run_tags import range_tags, tagged_days
from acme_platform.ledger.failures import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS
from acme_platform.model.table import Feed
from acme_platform.orchestration.asset_metadata import asset_key

#: runs of a reason, with those that Dagster starts again itself, before each pause
ATTEMPTS = 3
RUNS_PER_TICK = 4
REASON = "acme/reason"


@dataclass(frozen=True)
class Wanted:
    """A run that should be: the days, the tables (all of the feed when none are named) and a hash of the reason."""

    days: Days
    reason: str
    tables: tuple[str, ...] = ()
    #: only this check of these tables, without filling them
    check: str = ""
    #: it need not wait for other runs of these days
    beside: bool = False


def fingerprint(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def requested(
    context: dg.SensorEvaluationContext,
    feed: Feed,
    wanted: Iterable[Wanted],
    nothing: str,
    cursor: str = "",
    in_vain: Set[str] = frozenset(),
) -> dg.SensorResult:
    """Requests for what is wanted; `in_vain` are runs that failed for good, whose reasons are not worth another one."""
    wanted = list(wanted)
    requests: list[dg.RunRequest] = []
    waiting: list[str] = []
    others = under_way(context.instance, feed)
    busy = [days for run in others if (days := tagged_days(run.tags))]
    reasons = {run.tags.get(REASON) for run in others}
    asked, stopped = _asked_before(context.instance, wanted)
    for wanted_run in wanted:
        if wanted_run.reason in reasons or (
            not wanted_run.beside and any(wanted_run.days.overlaps(days) for days in busy)
        ):
            waiting.append(f"{wanted_run.days} is being materialized")
        elif failed := _failed(asked[wanted_run.reason], stopped, in_vain):
            waiting.append(
                f"{wanted_run.days} failed {failed}: see its last run, then acme run --days {wanted_run.days}"
            )
        elif len(requests) < RUNS_PER_TICK:
            requests.append(_request(feed, wanted_run, len(asked[wanted_run.reason])))
    skipped = None if requests else "; ".join(waiting) or nothing
    return dg.SensorResult(run_requests=requests, skip_reason=skipped, cursor=cursor)


def _asked_before(
    instance: dg.DagsterInstance, wanted: Sequence[Wanted]
) -> tuple[dict[str, dict[str, datetime]], set[str]]:
    """Reason -> the runs that there were for it, with their ends, and those of them that a stop of the platform ended.

    One question for all, for there may be hundreds of ranges.
    """
    first_seen: dict[str, dict[str, datetime]] = {wanted_run.reason: {} for wanted_run in wanted}
    records = instance.get_run_records(RunsFilter(tags={REASON: list(first_seen)})) if first_seen else ()
    for record in records:
        run = record.dagster_run
        first_seen[run.tags[REASON]][run.run_id] = record.update_timestamp
    return first_seen, {record.dagster_run.run_id for record in records if STOPPED in record.dagster_run.tags}


def _failed(runs: Mapping[str, datetime], stopped: Set[str], in_vain: Set[str]) -> str:
    """How often, when it was too often; empty while the reason is worth another run."""
    failed = {run: ended for run, ended in runs.items() if run not in stopped}
    if failed.keys() & in_vain:
        return "for good"
    rests = len(failed) >= ATTEMPTS and datetime.now(UTC) < max(failed.values()) + _pause(len(failed))
    return f"{len(failed)} times, and is tried again within the hour" if rests else ""


def _pause(failures: int) -> timedelta:
    return timedelta(seconds=min(PAUSE_SECONDS * 2 ** (failures // ATTEMPTS - 1), LONGEST_PAUSE_SECONDS))


def _request(feed: Feed, wanted_run: Wanted, attempt: int) -> dg.RunRequest:
    # said also where it is all of the job: the Runs page names the assets of a run from here
    keys = [asset_key(table) for table in wanted_run.tables or [table.full_name for table in feed.tables]]
    return dg.RunRequest(
        run_key=f"{wanted_run.reason}-{attempt}",
        asset_selection=[] if wanted_run.check else keys,
        asset_check_keys=[dg.AssetCheckKey(key, wanted_run.check) for key in keys] if wanted_run.check else None,
        tags={**range_tags(wanted_run.days), REASON: wanted_run.reason, FEED: feed.name},
    )
