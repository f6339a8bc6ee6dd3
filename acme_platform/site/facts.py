"""Facts for the pages: what the catalog, the ledger and the status say of every feed and table, at one moment.

Belongs here: collecting them from those who know them. Not here: answers of questions (`answers.py`), how pages look
(`pages.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from acme_platform.checks.builtin import checks
from acme_platform.checks.check import Check
from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.check_results import Verdict
from acme_platform.ledger.rejected import Reason, by_reason
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import PlaceCheck
from acme_platform.model.table import Daily, Feed, Table
from acme_platform.monitoring.status import Status, TableState, status
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.site.column_origins import DescribedColumn, column_readers, described_columns
from acme_platform.transform.judgement import COMES_AGAIN, DUPLICATE

#: ranges of days that a sentence names before the rest is counted
NAMED = 5


@dataclass(frozen=True)
class CheckFacts:
    """A check of a table, and what it said last."""

    name: str
    severity: str
    meaning: str
    verdict: Verdict | None

    @property
    def said(self) -> str:
        """A word for people: what was not compared has not passed."""
        if self.verdict is None:
            return "never looked"
        if self.verdict.is_broken:
            return "red" if self.severity == check_results.MUST else "warns"
        return "passed" if self.verdict.passed else "nothing to compare"


@dataclass(frozen=True)
class TableFacts:
    """One table."""

    table: Table
    feed: Feed
    place: str
    state: TableState
    columns: list[DescribedColumn]
    checks: list[CheckFacts]
    row_counts: list[tuple[date, int]]
    reasons: list[Reason]
    filled_at: datetime | None
    is_late: bool
    read_by: tuple[Table, ...]

    @property
    def troubles(self) -> list[str]:
        """What is wrong with it now, a sentence each."""
        state = self.state
        said = [
            (state.red_must, f"red, so that what reads it waits: {state.red_must:,} (checks and days)"),
            (state.failed, f"failed: {_listed(state.failed)}"),
            (state.refused_files, f"refused files: {state.refused_files:,}"),
            (state.missing, f"missing: {_listed(state.missing)}"),
            (state.stale, f"older than what it is made of: {_listed(state.stale)}"),
            (state.older_sql, f"filled by an older SQL: {_listed(state.older_sql)}"),
            (self.is_late, f"late: something new is expected {rhythm(self.feed)}"),
            (state.broken_should, f"warnings: {state.broken_should:,} (checks and days)"),
        ]
        return [words for is_so, words in said if is_so]


@dataclass(frozen=True)
class Facts:
    """All of them, as of one moment."""

    at: datetime
    feeds: list[Feed]
    #: full name -> facts, in the order of the feeds
    tables: dict[str, TableFacts]
    #: names of feeds that cannot be loaded, of which nothing else is said
    broken: list[str]


def facts(services: Services) -> Facts:
    """Ask everybody."""
    seen = status(services)
    with services.open_warehouse().transaction("acme docs") as cursor:
        tables = {one.table.full_name: one for one in _tables(cursor, seen, datetime.now(UTC))}
    return Facts(datetime.now(UTC), list(catalog.feeds().values()), tables, [one.feed for one in seen.broken])


def rhythm(feed: Feed) -> str:
    """When something new is there, for people."""
    if isinstance(feed.fresh, Daily):
        return f"every day by {feed.fresh.by_hour:02}:00 UTC"
    return f"every {feed.fresh.minutes} minutes"


def _tables(cursor: Cursor, seen: Status, now: datetime) -> Iterator[TableFacts]:
    states = {state.table: state for state in seen.tables}
    verdicts, counts, filled = check_results.newest(cursor), builds.row_counts(cursor), builds.last_built(cursor)
    readers = column_readers()
    reasons = by_reason(cursor, (COMES_AGAIN, DUPLICATE))
    for feed in catalog.feeds().values():
        for table in feed.tables:
            name = table.full_name
            yield TableFacts(
                table=table,
                feed=feed,
                place=machinery(table).place(feed, table),
                state=states[name],
                columns=described_columns(table, readers),
                checks=list(_checks(table, verdicts)),
                row_counts=counts.get(name, []),
                reasons=[reason for reason in reasons if reason.table_name == name],
                filled_at=filled.get(name),
                is_late=name in filled and filled[name] < feed.fresh.late_before(now),
                read_by=catalog.downstream(name),
            )


def _checks(table: Table, verdicts: dict[tuple[str, str], Verdict]) -> Iterator[CheckFacts]:
    every: list[Check | PlaceCheck] = [*checks(table), *machinery(table).checks(table)]
    for check in every:
        yield CheckFacts(check.name, check.severity, check.meaning, verdicts.get((table.full_name, check.name)))


def _listed(ranges: list[Days]) -> str:
    more = f" and {len(ranges) - NAMED} more" if ranges[NAMED:] else ""
    return ", ".join(map(str, ranges[:NAMED])) + more
