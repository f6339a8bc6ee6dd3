"""How a plan is written: for people, for spreadsheets, for programs, and for a comment.

Belongs here: words and columns. Not here: what is in it (`planning/`).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from acme_platform.cli.terminal import console
from acme_platform.day import Days, spans

if TYPE_CHECKING:
    from acme_platform.planning.edits import Edit
    from acme_platform.planning.plan import Plan

COLUMNS = ("table", "days", "why", "rows", "seconds")


class Form(StrEnum):
    """How a plan is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True)
class Report:
    """What a plan, and what is known of edits, say together."""

    plan: "Plan"
    #: table -> days that another SQL filled and that the plan leaves as they are
    older: Sequence[tuple[str, Sequence[date]]]
    edits: "Sequence[Edit]"
    #: those that were asked for
    days: Days | None

    def write(self, form: Form) -> None:
        match form:
            case Form.TABLE:
                self._tell()
            case Form.CSV:
                console.show((*COLUMNS, "held"), [*self._lines("no"), *self._held_lines()], console.Format.CSV)
            case Form.JSON:
                print(json.dumps(self._document(), default=str, indent=2))
            case Form.MARKDOWN:
                print("\n".join(self._markdown()))

    @property
    def _title(self) -> str:
        asked = f"A run of {self.days}" if self.days else "The platform by itself"
        return f"{asked} would fill" + ("" if self.plan.fillings else " nothing")

    @property
    def _summary(self) -> str:
        """Counts, and what the ledger lets expect; where a table has no history, that it is not counted."""
        fillings = self.plan.fillings
        rows = [filling.expected.rows for filling in fillings if filling.expected.rows is not None]
        seconds = [filling.expected.seconds for filling in fillings if filling.expected.seconds is not None]
        unknown = len({filling.table for filling in fillings if filling.expected.seconds is None})
        tables = console.count(len({filling.table for filling in fillings}), "table")
        without = f"; {console.count(unknown, 'table')} without history" if unknown else ""
        about = f", about {console.count(sum(rows), 'row')} and {console.count(round(sum(seconds)), 'second')}"
        return f"{console.count(len(fillings), 'filling')} of {tables}{about if rows else ''}{without}"

    def _lines(self, *more: object) -> Iterator[tuple[object, ...]]:
        for one in self.plan.ranges():
            yield one.table, one.days, one.why, one.rows, one.seconds, *more

    def _held_lines(self) -> Iterator[tuple[object, ...]]:
        yield from ((table, days, why, None, None, step) for table, days, why, step in self.plan.held_ranges())

    def _older(self) -> Iterator[tuple[str, Days, str]]:
        for table, these in self.older:
            for days in spans(these):
                yield table, days, f"acme run --select {table.replace('.', '/')} --days {days}"

    def _tell(self) -> None:
        console.say(self._title)
        for table, ranges in groupby(self.plan.ranges(), attrgetter("table")):
            console.say(table)
            for one in ranges:
                console.say(f"  {one.days!s:<22}  {', '.join([one.why, *_reckoned(one.rows, one.seconds)])}")
        if self.plan.fillings:
            console.say(self._summary)
        self._tell_edits()
        self._tell_held()
        if older := list(self._older()):
            console.title("Of an older SQL, filled when somebody asks")
        for table, days, step in older:
            console.say(f"{table} of {days}\n  next: {step}")

    def _tell_held(self) -> None:
        if self.plan.held:
            console.title("Held back")
        for table, days, why, step in self.plan.held_ranges():
            console.say(f"{table} of {days}: {why}" + (f"\n  next: {step}" if step else ""))

    def _tell_edits(self) -> None:
        if self.edits:
            console.title("Edited SQL")
        for edit in self.edits:
            console.say(f"{edit.where}: {edit.kind}")
            for line in edit.lines:
                console.say(f"  {line}")

    def _document(self) -> dict[str, object]:
        return {
            "fill": [dict(zip(COLUMNS, line, strict=True)) for line in self._lines()],
            "held": [
                {"table": table, "days": days, "why": why, "next": step}
                for table, days, why, step in self.plan.held_ranges()
            ],
            "older_sql": [{"table": table, "days": days, "next": step} for table, days, step in self._older()],
            "edits": [{"file": edit.where, "kind": edit.kind, "effects": edit.lines} for edit in self.edits],
        }

    def _markdown(self) -> Iterator[str]:
        yield f"## {self._title}"
        if self.plan.fillings:
            yield from ("", self._summary, "", *_table(COLUMNS, self._lines()))
        if self.edits:
            yield from ("", "### Edited SQL", "")
            for edit in self.edits:
                yield f"- `{edit.where}`: **{edit.kind}**"
                yield from (f"  - {line}" for line in edit.lines)
        if held := [(table, days, why) for table, days, why, _ in self.plan.held_ranges()]:
            yield from ("", "### Held back", "", *_table(("table", "days", "why"), held))
        if older := [(table, days) for table, days, _ in self._older()]:
            yield from ("", "### Of an older SQL", "", *_table(("table", "days"), older))


def _reckoned(rows: int | None, seconds: float | None) -> Iterator[str]:
    if rows is not None:
        yield console.count(rows, "row")
    if seconds is not None:
        yield f"{seconds:,} s"


def _table(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        cells = ("" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
