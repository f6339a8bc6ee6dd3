"""A layer's machinery that fills nothing: it says what it would fill, and pretends in the ledger that it did.

Belongs here: one day of one table. Not here: whether it has to be filled, which is asked where runs ask it (`fill.py`),
in which order days come (`rehearsal.py`).

What only the filling finds out is taken to be well: that a delivery can be read and says something else than the one
before, that another SQL of versions makes others, and that checks of what is filled pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from acme_platform.checks.builtin import checks
from acme_platform.cursor import Cursor
from acme_platform.errors import RefusedFile
from acme_platform.ingest.files.news import news_of
from acme_platform.ingest.files.routing import files_of
from acme_platform.ledger import builds, check_results, deliveries
from acme_platform.ledger.check_results import MUST
from acme_platform.ledger.rejected import refused
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import Filled, Machinery
from acme_platform.model.table import Feed, Table
from acme_platform.model.tolerance import ANYTHING
from acme_platform.planning.plan import Filling, Plan, expected
from acme_platform.planning.reasons import CORRECTED, FORCED, LOST, MISSING, NEW, NO_FILE, Reasons
from acme_platform.planning.stage import Stage
from acme_platform.schema.ddl import ensure
from acme_platform.services import Services
from acme_platform.serving.drift import is_there
from acme_platform.serving.lake_export import refuse_unchecked
from acme_platform.serving.redis_cache import last_refresh, newest_of
from acme_platform.serving.redis_keyspace import Watermark

#: the run that a plan pretends
RUN = "plan"


@dataclass
class Rehearsed(Machinery):
    """The machinery of one table in a rehearsal."""

    table: Table
    stage: Stage
    plan: Plan
    reasons: Reasons
    #: feed -> days of which its source has something new
    changed: dict[str, set[date]] = field(default_factory=dict)

    def page(self, cursor: Cursor, services: Services, table: Table, day: date) -> dict[str, Any]:
        """Nothing was filled that could be shown."""
        del cursor, services, table, day
        return {}

    def restore(self, services: Services, table: Table, run_id: str) -> None:
        """What Redis lost would be given back."""
        del run_id
        with services.open_warehouse().transaction(RUN) as cursor:
            for day in differing_days(cursor, services, [table]).get(table.full_name, ()):
                self._note(cursor, day, LOST)
                self.stage.pretend(table, Watermark(*last_refresh(cursor, table)))

    def holder(self, cursor: Cursor, services: Services, table: Table, day: date) -> date | None:
        """As the layer says; locks that it takes are let go at once."""
        with _taken_back(cursor):
            return machinery(table).holder(cursor, services, table, day)

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        del run_id
        with services.open_warehouse().transaction(RUN) as cursor:
            if not is_there(cursor, table):
                ensure(cursor, table)
            if table.source:
                return self._extract(cursor, feed, day)
            if table.layer.is_loaded:
                return self._load(cursor, feed, day)
            if table.layer.is_in_redis:
                return self._refresh(cursor, day)
            return self._compute(cursor, day)

    def _load(self, cursor: Cursor, feed: Feed, day: date) -> Filled:
        news = news_of(cursor, self.table, day, files_of(self.stage.lake, feed.name, self.table, day))
        self._refuse_again(cursor, feed, day, {(file.key, file.etag) for file in news.fresh})
        if news.is_any:
            stood = any(delivery.state in ("visible", "standby") for delivery in news.known)
            return self._pretend(cursor, day, CORRECTED if stood else NEW)
        if builds.built_by(cursor, self.table.full_name, day) is None:
            return self._pretend(cursor, day, NO_FILE)
        return Filled(0, unchanged_since=RUN)

    def _refuse_again(self, cursor: Cursor, feed: Feed, day: date, fresh: set[tuple[str, str]]) -> None:
        """Raise RefusedFile over a file that was refused as it is, unless a person takes it."""
        accepted = deliveries.accepted(cursor, self.table.full_name)
        for refusal in refused(cursor, [self.table.full_name], day):
            identity = refusal.file, refusal.etag
            taken = refusal.may_be_accepted and (feed.tolerance == ANYTHING or identity in accepted)
            if identity in fresh and not taken:
                raise RefusedFile(f"refused: {refusal.reason}", f"mend the file, then {refusal.mend}")

    def _extract(self, cursor: Cursor, feed: Feed, day: date) -> Filled:
        if builds.built_by(cursor, self.table.full_name, day) is None:
            return self._pretend(cursor, day, MISSING)
        if day in self.changed.get(feed.name, ()):
            return self._pretend(cursor, day, "changed in the source")
        return Filled(0, unchanged_since=RUN)

    def _refresh(self, cursor: Cursor, day: date) -> Filled:
        _, held = last_refresh(cursor, self.table)
        newest = newest_of(cursor, self.table, day, held, self.stage.keyspace(self.table).watermark().day)
        check_results.refuse_red(cursor, self.table, newest)
        filled = self._pretend(cursor, day, seen_on=newest)
        cursor.execute(
            "insert into ledger.refreshes (table_name, token, day) values (%s, %s, %s)"
            " on conflict (table_name) do update set token = excluded.token, day = excluded.day",
            (self.table.full_name, RUN, newest),
        )
        self.stage.pretend(self.table, Watermark(RUN, newest))
        return filled

    def _compute(self, cursor: Cursor, day: date) -> Filled:
        check_results.refuse_red(cursor, self.table, day)
        if self.table.layer.is_sent_out:
            refuse_unchecked(cursor, self.table, day)
        return self._pretend(cursor, day)

    def _pretend(self, cursor: Cursor, day: date, why: str = "", seen_on: date | None = None) -> Filled:
        """The ledger says that the day was filled and that its checks passed."""
        table, seen = self.table, builds.newest_changes(cursor, self.table, seen_on or day)
        why = why or self.reasons.of(cursor, table, day, seen)
        is_empty = why == NO_FILE or (table.layer.keeps_versions and self._is_empty(cursor, day))
        self._note(cursor, day, why, is_empty=is_empty)
        # Versions say the same where raw and their SQL do, and where there are none: what reads them need not follow.
        # Answers are not compared before that, so everything follows them.
        changed = not (table.layer.keeps_versions and (is_empty or why == FORCED))
        builds.built(
            cursor,
            table.full_name,
            day,
            rows=0 if is_empty else 1,
            run_id=RUN,
            seen=seen,
            version=table.code_version,
            changed=changed,
        )
        must = [check.name for check in checks(table) if check.severity == MUST]
        check_results.record_passed(cursor, table.full_name, day, must, RUN)
        return Filled(0)

    def _is_empty(self, cursor: Cursor, day: date) -> bool:
        """Neither raw nor the versions have a row of the day."""
        cursor.execute(
            "select coalesce(sum(row_count), 0) from ledger.builds where table_name = any(%s) and day = %s",
            ([self.table.full_name, *self.table.upstream], day),
        )
        ((rows,),) = cursor.fetchall()
        return not rows

    def _note(self, cursor: Cursor, day: date, why: str, *, is_empty: bool = False) -> None:
        name = self.table.full_name
        reckoned = expected(cursor, name, day, RUN)
        self.reasons.planned.add((name, day))
        self.plan.fillings.append(Filling(name, day, why, replace(reckoned, rows=0) if is_empty else reckoned))


@contextmanager
def _taken_back(cursor: Cursor) -> Iterator[None]:
    cursor.execute("savepoint looked")
    yield
    cursor.execute("rollback to savepoint looked; release savepoint looked")
