"""Live views as questions: what a live table answers for today, for the days before, and for both.

Belongs here: asking the views. Not here: making them (`transform/live_views.py`), the questions of files
(`question.py`).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.errors import UsageError
from acme_platform.ledger.filled_days import NeverFilled, filled_days, newest_day
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Table
from acme_platform.registry import catalog, remedies
from acme_platform.warehouse.connection import Warehouse, name, names, rows
from acme_platform.warehouse.written_sql import written_in

#: the end of a view's name -> what it holds
PARTS = {
    "today": "as it stands this moment, of today",
    "history": "of every filled day before today",
    "union": "of every filled day before today, and of today as it stands this moment",
}


@dataclass(frozen=True)
class MadeOf:
    """What an answer is made of."""

    #: the beginning of a sentence that ends with when that was filled
    words: str
    #: None where it holds several days
    day: date | None
    #: (full name of a table, day)
    parts: list[tuple[str, date]]
    #: the newest filled day of what it could be made of
    newest: date


@dataclass(frozen=True)
class LiveQuestion:
    """One view beside a live table; asked without a day it answers with all the days that it holds."""

    table: Table
    part: str

    @property
    def name(self) -> str:
        return f"{self.table.name}_{self.part}"

    @property
    def meaning(self) -> str:
        return f"The answers of {self.table.full_name}, {PARTS[self.part]}."

    @property
    def parameters(self) -> tuple[str, ...]:
        """None besides the day."""
        return ()

    @property
    def columns(self) -> list[str]:
        """Of the answer, in its order."""
        return list(self.table.sql.shape.names)

    @property
    def tables(self) -> tuple[str, ...]:
        """The table that it stands beside."""
        return (self.table.full_name,)

    @property
    def selects_from(self) -> tuple[str, ...]:
        """Full name of the view."""
        return (f"{self.table.full_name}_{self.part}",)

    def refuse_unknown(self, given: Mapping[str, str]) -> None:
        """All of them are: a view has no parameter."""
        if given:
            raise UsageError(f"{self.name} has no parameter {', '.join(sorted(given))}", "ask it without --param")

    def newest_day(self, warehouse: Warehouse) -> date | None:
        """No day is newer than others to a view: unless somebody asks for one, all are shown."""
        del warehouse
        return None

    def ask(self, warehouse: Warehouse, day: date | None, given: Mapping[str, str]) -> pd.DataFrame:
        """The rows of the view in the order of the table's key, of one day where one is given."""
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            statement = self.statement(cursor, day, given)
            with self.answering(given):
                answer = rows(cursor, *statement)
        return pd.DataFrame(answer, columns=self.columns, dtype=object)

    def answering(self, _given: Mapping[str, str]) -> AbstractContextManager[None]:
        """What goes wrong in the block lies with the file of the table, a WrongSql."""
        return written_in(self.table.sql, self.name)

    def statement(
        self, cursor: Cursor, day: date | None, given: Mapping[str, str]
    ) -> tuple[sql.Composed, dict[str, Any]]:
        """The select, and what it is asked with. Raises UsageError as `ask` does."""
        self.refuse_unknown(given)
        self._refuse_unmade(cursor)
        self._refuse_other_days(cursor, day)
        self.made_of(cursor, day)
        return self._select(), {"day": day}

    def made_of(self, cursor: Cursor, day: date | None) -> MadeOf:
        """Filled days of the table, and of today what its select reads, as that stands."""
        self._refuse_unmade(cursor)
        past = [] if self.part == "today" else sorted(one for one in filled_days(cursor, self.tables) if one < today())
        now = [] if self.part == "history" else self._now(cursor)
        held, read = [one for one in past if day in (None, one)], now if day in (None, today()) else []
        if not (parts := [*((self.table.full_name, one) for one in held), *read]):
            raise NeverFilled(f"{self.name} has no answer yet: it holds no filled day", self._filling)
        newest = max(*past, *(filled for _, filled in now), date.min)
        return MadeOf(_words(held, [filled for _, filled in read]), day, parts, newest)

    @property
    def _filling(self) -> str:
        return remedies.fill(self.table.full_name, None)

    def _now(self, cursor: Cursor) -> list[tuple[str, date]]:
        """The newest day of what is read: of what the select reads, and on Spark of the table (`live_views.py`)."""
        reads = self.tables if catalog.engine(self.table.full_name) == SPARK else self.table.upstream
        newest = [(table, newest_day(cursor, [table])) for table in reads]
        return [(table, day) for table, day in newest if day]

    def _select(self) -> sql.Composed:
        shape, day = self.table.sql.shape, sql.Identifier(self.table.day_column)
        return sql.SQL(
            "select {columns} from {view} where %(day)s::date is null or {day} = %(day)s::date order by {key}"
        ).format(columns=names(shape.names), view=name(*self.selects_from), day=day, key=names(shape.key))

    def _refuse_other_days(self, cursor: Cursor, day: date | None) -> None:
        """An empty answer would say that there was nothing on a day that the view does not hold."""
        if day is None or (day == today() and self.part != "history"):
            return
        if self.part == "today":
            earlier = f"acme query {self.table.name}_history --day {day}"
            raise NeverFilled(f"{self.name} answers for today only, {today()}", earlier)
        if day >= today():
            now = f"acme query {self.table.name}_today"
            raise NeverFilled(f"{self.name} holds no day after {'today' if self.part == 'union' else 'yesterday'}", now)
        if not filled_days(cursor, [self.table.full_name], [day]):
            raise NeverFilled(
                f"{self.name} has no answer of {day}: {self.table.full_name} of that day was never filled",
                f"{remedies.fill(self.table.full_name, day)}, or ask for a day that acme status shows",
            )

    def _refuse_unmade(self, cursor: Cursor) -> None:
        cursor.execute("select to_regclass(%s) is not null", self.selects_from)
        ((is_made,),) = cursor.fetchall()
        if not is_made:
            raise NeverFilled(
                f"{self.name} has no answer yet: nothing of {self.table.full_name} was filled", self._filling
            )


def _words(past: list[date], now: list[date]) -> str:
    """What a view holds, and of today, which days that is computed from."""
    if not now:
        return f"Of the filled days {_range(past)}, filled last" if past[1:] else f"As of {_range(past)}, filled"
    filled = f"the filled days {_range(past)}, and " if past else ""
    return f"Of {filled}today, {today()}, as it stands this moment; what it reads is of {_range(now)}, filled last"


def _range(days: list[date]) -> str:
    first, last = min(days), max(days)
    return str(first) if first == last else f"{first}..{last}"


def live_questions() -> dict[str, LiveQuestion]:
    """Name -> question, three for each live table, in alphabetical order of the tables."""
    live = [table for _, table in sorted(catalog.tables().items()) if table.live]
    asked = [LiveQuestion(table, part) for table in live for part in PARTS]
    return {one.name: one for one in asked}
