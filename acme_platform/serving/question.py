"""Questions: the named selects of `sql/queries/`, their parameters, and their answers as frames.

Belongs here: asking the warehouse. Not here: printing and writing answers (`cli/query.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from acme_platform.cursor import Cursor
from acme_platform.errors import UsageError
from acme_platform.ledger.filled_days import filled_days, newest_day
from acme_platform.model.lineage import upstream
from acme_platform.model.sql_file import SqlFile, names, sql_file
from acme_platform.registry import remedies
from acme_platform.values.blank import bare
from acme_platform.warehouse.connection import Warehouse, rows


@dataclass(frozen=True)
class Question:
    """One file of `sql/queries/`."""

    file: SqlFile

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def meaning(self) -> str:
        return self.file.comment

    @property
    def parameters(self) -> tuple[str, ...]:
        """What can be given besides the day."""
        return tuple(name for name in self.file.parameters if name != "day")

    def newest_day(self, warehouse: Warehouse) -> date:
        """The newest day of which every table that the question reads is built."""
        tables = list(upstream(self.file))
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            day = newest_day(cursor, tables)
        if day is None:
            raise UsageError(
                f"{self.name} has no answer yet: nothing of {' and '.join(tables)} was built",
                "acme demo, or acme run --days …",
            )
        return day

    def ask(self, warehouse: Warehouse, day: date, given: Mapping[str, str]) -> pd.DataFrame:
        """The answer as of the day, columns in the question's order; numbers stay exact.

        A day that was never filled is a UsageError: an empty answer would say that there is nothing.
        """
        if unknown := set(given) - set(self.parameters):
            known = " and ".join(self.parameters) or "none"
            raise UsageError(f"{self.name} has no parameter {', '.join(sorted(unknown))}", f"its parameters: {known}")
        # Spelt as values are in staging: some keyboards write an accent as a character of its own.
        meant = {name: bare(value) for name, value in given.items()}
        values = {"day": day, **dict.fromkeys(self.parameters), **meant}
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            self._refuse_unfilled(cursor, day)
            found = rows(cursor, self.file.select, values)
        return pd.DataFrame(found, columns=list(self.file.query.named_selects if self.file.query else ()), dtype=object)

    def _refuse_unfilled(self, cursor: Cursor, day: date) -> None:
        tables = upstream(self.file)
        if not filled_days(cursor, tables, [day]):
            raise UsageError(
                f"{self.name} has no answer as of {day}: {' and '.join(tables)} of that day was never filled",
                f"{remedies.fill_all(day)}ask for a day that acme status shows",
            )


def questions() -> dict[str, Question]:
    """Name -> question, in alphabetical order."""
    return {name: Question(sql_file("queries", name)) for name in names("queries")}


def question(name: str) -> Question:
    """The question of that name, or a UsageError that lists the known ones."""
    if name not in (known := questions()):
        raise UsageError(
            f"there is no question {name!r}",
            f"take one of: {', '.join(known)}  (acme query --list says what they mean)",
        )
    return known[name]
