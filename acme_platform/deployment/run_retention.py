"""Retention: how long Dagster remembers runs, and what it must never forget.

Belongs here: taking old runs out of Dagster's storage. Not here: what they printed (`compute_logs.py`), our
ledger (`ledger_retention.py`), when it is done (`housekeeping.py`).

A run goes, with its tags and events, when it is older than ACME_KEEP_RUNS_DAYS, or when it succeeded and ACME_KEEP_RUNS
newer ones of its feed did. The second bound is the one that counts: a database that lives is read four times a minute,
and each of these runs leaves 400 events and 180 rows of checks, 1 MB. That would be 5 GB a day.

What stays for ever: the newest materialization of each day of each table, which is all that Dagster knows of what is
there, and the newest verdict of each check. What stays as long as it is so, with all its events: a run that is not
finished, one of a backfill under way, and one that failed over a day that nobody has tried or filled since.

This is SQL on Dagster's own tables. `instance.delete_run` takes the newest materializations along, and days would be
missing as soon as Dagster counts them anew. It leaves the checks behind, too. Dagster is pinned. Tests compare what it
says before and after, and fail when its storage has tables that are not known here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from acme_platform.config.settings import Settings
from acme_platform.deployment.feed_runs import FEED
from acme_platform.warehouse import batches
from acme_platform.warehouse.connection import Warehouse

#: of up to 1 MB each: a transaction of a second
RUNS_AT_ONCE = 100

FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
BACKFILL_DONE = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")
OLD_RUNS = """
select run_id from (select runs.id, runs.run_id, status, create_timestamp, backfill_id, row_number() over (
        partition by coalesce(feed.value, pipeline_name), status order by runs.id desc) as place
    from runs left join run_tags as feed on feed.run_id = runs.run_id and feed.key = %(feed)s
    where status in %(finished)s) as run
where (create_timestamp < %(before)s or status = 'SUCCESS' and place > %(newest)s)
and not exists (select from bulk_actions as backfill
    where backfill.key = run.backfill_id and backfill.status not in %(backfill_done)s)
and not (status = 'FAILURE' and exists (select from event_logs as planned
    where planned.run_id = run.run_id and planned.dagster_event_type = 'ASSET_MATERIALIZATION_PLANNED'
    and planned.partition is not null and not exists (select from event_logs as later
        where later.asset_key = planned.asset_key and later.partition = planned.partition and later.id > planned.id
        and later.dagster_event_type in ('ASSET_MATERIALIZATION_PLANNED', 'ASSET_MATERIALIZATION'))))
order by id limit %(runs_at_once)s
"""
#: all of the runs, but for what is the newest of its day
EVENTS_OF_RUNS = """
delete from event_logs as old where run_id = any(%(runs)s)
and not (dagster_event_type in ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION')
    and (partition is null or not exists (select from event_logs as later
        where later.asset_key = old.asset_key and later.dagster_event_type = old.dagster_event_type
        and later.partition = old.partition and later.id > old.id)))
"""
#: of one asset: what was the newest of its day when its run went, and no longer is
OUTDATED_EVENTS = """
delete from event_logs where id in (
    select id from (select id, run_id, timestamp, row_number() over (
            partition by dagster_event_type, partition order by id desc) as place
        from event_logs where asset_key = %(asset)s and dagster_event_type in
        ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION', 'FRESHNESS_STATE_CHANGE')) as old
    where place > 1 and not exists (select from runs where runs.run_id = old.run_id)
    and (run_id <> '' or timestamp < %(before)s) limit %(rows_at_once)s)
"""
#: what sensors reported of checks; the checks' own table has it too
REPORTED_EVENTS = """
delete from event_logs where id in (select id from event_logs where run_id = '' and timestamp < %(before)s
    and dagster_event_type = 'ASSET_CHECK_EVALUATION' limit %(rows_at_once)s)
"""
AND_THEIR_TAGS = """
with gone as ({} returning id), tags as (delete from asset_event_tags where event_id in (select id from gone))
select from gone
"""
#: of one asset: planned by a run that is gone, or judged again since
OUTDATED_CHECKS = """
delete from asset_check_executions where id in (
    select id from (select id, run_id, execution_status, create_timestamp, row_number() over (
            partition by check_name, partition, execution_status = 'PLANNED' order by id desc) as place
        from asset_check_executions where asset_key = %(asset)s) as old
    where (execution_status = 'PLANNED' or place > 1) and not exists (select from runs where runs.run_id = old.run_id)
    and (run_id <> '' or create_timestamp < %(before)s) limit %(rows_at_once)s)
"""
OLD_BACKFILLS = """
with gone as (delete from bulk_actions where status in %(backfill_done)s and timestamp < %(before)s
    and not exists (select from runs where runs.backfill_id = bulk_actions.key) returning key)
delete from backfill_tags where backfill_id in (select key from gone)
"""


@dataclass
class Purged:
    """How many rows went."""

    runs: int = 0
    events: int = 0
    checks: int = 0


@dataclass(frozen=True)
class Retention:
    """What is old. Each batch is a transaction of its own; whatever ends one, the next purge goes on from there."""

    storage: Warehouse
    #: runs from before are old
    before: datetime
    #: so many successful runs of a feed are not, if they are from after it
    newest: int

    @classmethod
    def of(cls, settings: Settings, storage: Warehouse) -> "Retention":
        return cls(storage, datetime.now(UTC) - timedelta(days=settings.keep_runs_days), settings.keep_runs)

    def purge(self) -> Purged:
        """Take out everything old."""
        purged = Purged()
        while self._purge_runs(purged):
            pass
        for asset in self._assets():
            purged.events += self._delete(AND_THEIR_TAGS.format(OUTDATED_EVENTS), asset)
            purged.checks += self._delete(OUTDATED_CHECKS, asset)
        purged.events += self._delete(AND_THEIR_TAGS.format(REPORTED_EVENTS))
        with self.storage.transaction("acme retention") as cursor:
            cursor.execute(OLD_BACKFILLS, self._parameters)
        return purged

    def _purge_runs(self, purged: Purged) -> bool:
        """Whether there were any. A run and its events go together: without its run nothing would find an event."""
        with self.storage.transaction("acme retention") as cursor:
            cursor.execute(OLD_RUNS, self._parameters)
            runs = [run_id for (run_id,) in cursor]
            cursor.execute(AND_THEIR_TAGS.format(EVENTS_OF_RUNS), {"runs": runs})
            events = cursor.rowcount
            cursor.execute("delete from runs where run_id = any(%s)", (runs,))
        purged.runs += len(runs)
        purged.events += events
        return bool(runs)

    def _assets(self) -> list[str]:
        """As the storage writes them."""
        with self.storage.transaction("acme retention") as cursor:
            cursor.execute("select asset_key from asset_keys")
            return [asset for (asset,) in cursor]

    def _delete(self, statement: str, asset: str = "") -> int:
        return batches.delete(self.storage, statement, {**self._parameters, "asset": asset})

    @property
    def _parameters(self) -> dict[str, object]:
        return {
            "before": self.before,
            "newest": self.newest,
            "feed": FEED,
            "finished": FINISHED,
            "backfill_done": BACKFILL_DONE,
            "runs_at_once": RUNS_AT_ONCE,
        }
