"""Questions: the named selects of `sql/queries/`, their parameters, and their answers as frames.

Belongs here: asking the warehouse. Not here: live views, which are asked by name, too (`live_question.py`), printing
and writing answers (`cli/query.py`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import psycopg2

from acme_platform.cursor import Cursor
from acme_platform.errors import UsageError
from acme_platform.ledger import readiness
from acme_platform.ledger.filled_days import NeverFilled, filled_days, newest_day
from acme_platform.model.lineage import upstream
from acme_platform.model.sql_file import SqlFile, names, sql_file
from acme_platform.registry import catalog, remedies
from acme_platform.serving.live_question import LiveQuestion, MadeOf, live_questions
from acme_platform.values.blank import bare
from acme_platform.warehouse import parameters
from acme_platform.warehouse.connection import Warehouse, rows
from acme_platform.warehouse.written_sql import WrongSql, written_in
from acme_platform.wording import instead_of


class UnknownQuestion(UsageError):
    """No question has that name."""


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

    @property
    def columns(self) -> list[str]:
        """Of the answer, in its order."""
        return list(self.file.query.named_selects) if self.file.query else []

    @property
    def tables(self) -> tuple[str, ...]:
        """Full names of what it reads."""
        return upstream(self.file)

    @property
    def selects_from(self) -> tuple[str, ...]:
        """The same: unlike a live view it stands beside none of them."""
        return self.tables

    def newest_day(self, warehouse: Warehouse) -> date:
        """The newest day of which every table that the question reads is built."""
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            return self.newest_day_of(cursor)

    def newest_day_of(self, cursor: Cursor) -> date:
        """The same, in a transaction of the caller's."""
        day = newest_day(cursor, self.tables)
        if day is None:
            raise NeverFilled(
                f"{self.name} has no answer yet: nothing of {' and '.join(self.tables)} was built",
                "acme demo, or acme run --days …",
            )
        return day

    def ask(self, warehouse: Warehouse, day: date | None, given: Mapping[str, str]) -> pd.DataFrame:
        """The answer as of the day, or the newest, columns in the question's order; numbers stay exact."""
        with warehouse.transaction(f"acme query {self.name}") as cursor:
            statement = self.statement(cursor, day, given)
            with self.answering(given):
                answer = rows(cursor, *statement)
        return pd.DataFrame(answer, columns=self.columns, dtype=object)

    def made_of(self, cursor: Cursor, day: date | None) -> MadeOf:
        """That day, or the newest, of each table that it reads."""
        newest = self.newest_day_of(cursor)
        as_of = day or newest
        return MadeOf(f"As of {as_of}, filled", as_of, [(table, as_of) for table in self.tables], newest)

    def statement(self, cursor: Cursor, day: date | None, given: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """The select, and what it is asked with; as of the newest day where none is given.

        Raises UsageError for what it does not take, NeverFilled for such a day.
        """
        self.refuse_unknown(given)
        if wrong := next((name for name, value in given.items() if "\0" in value), None):
            raise UsageError(f"the value of {wrong} holds a character 0, which no text has", "leave it out")
        as_of = day or self.newest_day_of(cursor)
        self._refuse_unfilled(cursor, as_of)
        # Spelt as values are in staging: some keyboards write an accent as a character of its own.
        meant = {name: bare(value) for name, value in given.items()}
        parameters.refuse_wrong(cursor, self.file, meant)
        return self.file.select, {"day": as_of, **dict.fromkeys(self.parameters), **meant}

    @contextmanager
    def answering(self, given: Mapping[str, str]) -> Iterator[None]:
        """What goes wrong in the block lies with what was given, or else with the file: UsageError, or WrongSql."""
        try:
            with written_in(self.file, self.name):
                yield
        except WrongSql as error:
            if not given or not isinstance(error.__cause__, psycopg2.DataError):
                raise
            with_ = " and ".join(f"{name}={value}" for name, value in given.items())
            raise UsageError(f"with {with_}, {error.message}", f"give another value, or {error.next_step}") from error

    def refuse_unknown(self, given: Mapping[str, str]) -> None:
        """A parameter that the question does not have is a UsageError."""
        if unknown := set(given) - set(self.parameters):
            mend = instead_of(min(unknown), self.parameters) if self.parameters else "ask it without --param"
            raise UsageError(f"{self.name} has no parameter {', '.join(sorted(unknown))}", mend)

    def _refuse_unfilled(self, cursor: Cursor, day: date) -> None:
        if not filled_days(cursor, self.tables, [day]):
            needs = readiness.delivery(cursor, [catalog.table(name) for name in self.tables], day)
            newest = newest_day(cursor, self.tables)
            other = f"ask as of {newest}" if newest else "acme status shows which days there are"
            raise NeverFilled(
                f"{self.name} has no answer as of {day}: {' and '.join(self.tables)} of that day was never filled",
                f"{other}; nothing was loaded of {day}: {needs}" if needs else f"{remedies.fill_all(day)}{other}",
            )


def questions() -> dict[str, Question]:
    """Name -> question, in alphabetical order."""
    return {name: Question(sql_file("queries", name)) for name in names("queries")}


def every_question() -> dict[str, Question | LiveQuestion]:
    """What can be asked by name: the questions of files, and behind them the live views."""
    of_files = questions()
    return of_files | {name: live for name, live in live_questions().items() if name not in of_files}


def question(name: str) -> Question | LiveQuestion:
    """The question of that name, or a UsageError that lists the known ones."""
    if name not in (known := every_question()):
        raise UnknownQuestion(
            f"there is no question {name!r}", instead_of(name, known, "acme query --list says what they mean")
        )
    return known[name]
