"""Live views as questions: what a live table answers for today, for the days before, and for both.

Belongs here: asking the views. Not here: making them (`transform/live_views.py`), the questions of files
(`question.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.errors import UsageError
from acme_platform.ledger.filled_days import filled_days
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
        self.refuse_unknown(given)
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            self._refuse_unmade(cursor)
            self._refuse_other_days(cursor, day)
            with written_in(self.table.sql.where, self.name):
                answer = rows(cursor, self._select(), {"day": day})
        return pd.DataFrame(answer, columns=list(self.table.sql.shape.names), dtype=object)

    def _select(self) -> sql.Composed:
        shape, day = self.table.sql.shape, sql.Identifier(self.table.day_column)
        return sql.SQL(
            "select {columns} from {view} where %(day)s::date is null or {day} = %(day)s::date order by {key}"
        ).format(
            columns=names(shape.names), view=name(f"{self.table.full_name}_{self.part}"), day=day, key=names(shape.key)
        )

    def _refuse_other_days(self, cursor: Cursor, day: date | None) -> None:
        """An empty answer would say that there was nothing on a day that the view does not hold."""
        if day is None or (day == today() and self.part != "history"):
            return
        if self.part == "today":
            earlier = f"acme query {self.table.name}_history --day {day}"
            raise UsageError(f"{self.name} answers for today only, {today()}", earlier)
        if day >= today():
            now = f"acme query {self.table.name}_today"
            raise UsageError(f"{self.name} holds no day after {'today' if self.part == 'union' else 'yesterday'}", now)
        if not filled_days(cursor, [self.table.full_name], [day]):
            raise UsageError(
                f"{self.name} has no answer of {day}: {self.table.full_name} of that day was never filled",
                f"{remedies.fill(self.table.full_name, day)}, or ask for a day that acme status shows",
            )

    def _refuse_unmade(self, cursor: Cursor) -> None:
        cursor.execute("select to_regclass(%s) is not null", (f"{self.table.full_name}_{self.part}",))
        ((is_made,),) = cursor.fetchall()
        if not is_made:
            raise UsageError(
                f"{self.name} has no answer yet: nothing of {self.table.full_name} was filled",
                remedies.fill(self.table.full_name, None),
            )


def live_questions() -> dict[str, LiveQuestion]:
    """Name -> question, three for each live table, in alphabetical order of the tables."""
    live = [table for _, table in sorted(catalog.tables().items()) if table.live]
    asked = [LiveQuestion(table, part) for table in live for part in PARTS]
    return {one.name: one for one in asked}
