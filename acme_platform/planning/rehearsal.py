"""A rehearsal: runs as they would go, on a stage that is taken back.

Belongs here: the order of days and tables, and what a failure holds up, as Dagster does it. Not here: one day
(`rehearsed.py`), the stage (`stage.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from acme_platform.day import Days, spans
from acme_platform.errors import AcmeError, TryAgain
from acme_platform.ledger import check_results
from acme_platform.ledger.failures import attempt
from acme_platform.materialize.fill import ensure_filled, in_order
from acme_platform.materialize.machinery import Machinery
from acme_platform.materialize.refreshes import refreshes
from acme_platform.model.run_options import USUAL, RunOptions
from acme_platform.model.table import Table
from acme_platform.planning.plan import Held, Plan
from acme_platform.planning.reasons import Reasons
from acme_platform.planning.rehearsed import RUN, Rehearsed
from acme_platform.planning.stage import Stage
from acme_platform.registry import catalog


@dataclass
class Rehearsal:
    """What runs would fill, one after the other."""

    stage: Stage
    options: RunOptions = USUAL
    #: feed -> days of which its source has something new
    changed: dict[str, set[date]] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    #: (table, day) -> why it could not be filled when it was tried last
    _failed: dict[tuple[str, date], Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reasons = Reasons(self.options.force)

    def run(self, tables: Iterable[str], days: Iterable[date]) -> None:
        """Runs of at most so many days as one run takes, over the tables in the order in which they are read."""
        chosen = [table for name, table in catalog.tables().items() if name in set(tables)]
        for some_days in spans(days, self.stage.settings.run_days):
            self._run(chosen, some_days)

    def catch_up(self) -> None:
        """What is stale then; options were said of the days that were asked for only."""
        self.options, self._reasons.is_forced = USUAL, False
        for stale_work in refreshes(self.stage):
            self.run(stale_work.tables, stale_work.days)

    def finish(self) -> Plan:
        """What was tried in vain, and not filled later on."""
        filled = self.plan.days
        self.plan.held += [held for where, held in self._failed.items() if where not in filled]
        return self.plan

    def _run(self, tables: Sequence[Table], days: Days) -> None:
        """A table that fails, or whose `must` check is red, holds up what reads it in the same run, on all days."""
        stopped: dict[str, str] = {}
        for table in tables:
            if behind := [name for name in table.upstream if name in stopped]:
                stopped[table.full_name] = stopped[behind[0]]
                self._hold_up(table, days, behind[0])
            elif why := self._fill(table, days) or self._red(table, days):
                stopped[table.full_name] = why

    def _fill(self, table: Table, days: Days) -> str:
        """Empty where every day is filled or stands; else why one is not."""
        why = ""
        made = attempt(self.stage.open_warehouse(), table, RUN)
        for day in in_order(table, days):
            try:
                self._fill_day(table, day)
            except AcmeError as error:
                why = error.message
                made.failed([day], error)
                self._failed[table.full_name, day] = Held(table.full_name, day, why, error.next_step)
                if isinstance(error, TryAgain):
                    return why
        return why

    def _fill_day(self, table: Table, day: date) -> None:
        feed = catalog.feed_with(table.full_name)
        ensure_filled(self.stage, feed, table, day, RUN, self.options, by=self._machinery)
        self._failed.pop((table.full_name, day), None)

    def _machinery(self, table: Table) -> Machinery:
        return Rehearsed(table, self.stage, self.plan, self._reasons, self.changed)

    def _red(self, table: Table, days: Days) -> str:
        with self.stage.open_warehouse().transaction(RUN) as cursor:
            red = [check for _, day, check in check_results.red(cursor, [table.full_name]) if day in days]
        return f"the check {red[0]} is red" if red else ""

    def _hold_up(self, table: Table, days: Days, behind: str) -> None:
        """Said only of what stays so: most of it is filled when what became stale is."""
        for day in days:
            if first := self._failed.get((behind, day)):
                held = Held(table.full_name, day, f"waits for {behind}", first.next_step)
                self._failed.setdefault((table.full_name, day), held)
