"""Answers: questions asked of the warehouse by many at once, within bounds.

Belongs here: how many are asked at the same time, how long and how much each may take. Not here: what a question takes
(`serving/question.py`), how an answer looks (`pages.py`).
"""

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from acme_platform.cursor import Cursor
from acme_platform.errors import TryAgain
from acme_platform.serving.csv_files import harmless
from acme_platform.serving.live_question import LiveQuestion
from acme_platform.serving.question import Question
from acme_platform.warehouse.connection import STREAMED, Warehouse
from acme_platform.web.age import Age, age

#: rows of a page, or of an answer as JSON; a CSV file has all
MOST_ROWS = 10_000
#: questions that are asked at the same time, and how long one more waits for its turn
AT_ONCE, TURN_SECONDS = 8, 1.0
#: of one statement; between two blocks of a reader who takes them slowly; of a whole CSV file
STATEMENT_SECONDS, PAUSE_SECONDS, FILE_SECONDS = 30, 60, 600


class Busy(TryAgain):
    """As many ask as may ask at the same time."""


@dataclass(frozen=True)
class Asked:
    """A question with its parameters; without a day the newest is meant, and of a live view all that it holds."""

    question: Question | LiveQuestion
    day: date | None
    given: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """The first rows, and how many there are."""

    asked: Asked
    age: Age
    rows: list[tuple[Any, ...]]
    count: int

    @property
    def link(self) -> dict[str, str]:
        """What asks for the same again, the day included where it is of one."""
        return {**self.asked.given, **({"day": str(self.age.day)} if self.age.day else {})}

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.rows)


@dataclass(frozen=True)
class CsvFile:
    """All rows as they come, in constant memory; `close` gives its turn back, whether it was read to its end or not."""

    age: Age
    parts: Iterator[bytes]
    close: Callable[[], None]


class Answers:
    """One warehouse, asked by a bounded number of threads."""

    def __init__(
        self, warehouse: Warehouse, at_once: int = AT_ONCE, statement_seconds: float = STATEMENT_SECONDS
    ) -> None:
        self._warehouse = warehouse
        self._turns = threading.BoundedSemaphore(at_once)
        self._statement_seconds = statement_seconds
        self._is_over = threading.Event()

    def end(self) -> None:
        """End what is being asked, and refuse what is asked from now on; returns at once."""
        self._is_over.set()
        threading.Thread(target=self._cancel, daemon=True).start()

    def _cancel(self) -> None:
        """More than once: a statement may just be about to begin."""
        while True:
            self._warehouse.cancel()
            time.sleep(0.05)

    @contextmanager
    def snapshot(self) -> Iterator[Cursor]:
        """A turn: everything that is asked in it is of one moment. Raises Busy when none is free."""
        self._take_turn()
        try:
            with self._warehouse.transaction("acme serve") as cursor:
                cursor.execute("set transaction isolation level repeatable read read only")
                cursor.execute(
                    "select set_config('statement_timeout', %s, true),"
                    " set_config('idle_in_transaction_session_timeout', %s, true)",
                    (f"{self._statement_seconds * 1000:.0f}", str(PAUSE_SECONDS * 1000)),
                )
                yield cursor
        finally:
            self._turns.release()

    def ask(self, asked: Asked, most: int = MOST_ROWS) -> Answer:
        """The first rows; the others are counted, and not fetched."""
        with self.snapshot() as cursor, _opened(cursor, asked) as (found, rows):
            first = rows.fetchmany(most)
            cursor.execute("move forward all in answer")
            return Answer(asked, found, first, len(first) + cursor.rowcount)

    def file(self, asked: Asked) -> CsvFile:
        """The answer as `acme query --export` writes it. What can go wrong with the question does so here."""
        with ExitStack() as turn:
            cursor = turn.enter_context(self.snapshot())
            found, rows = turn.enter_context(_opened(cursor, asked))
            parts = _parts(asked.question.columns, rows.fetchmany(STREAMED), lambda: rows.fetchmany(STREAMED))
            return CsvFile(found, parts, turn.pop_all().close)

    def _take_turn(self) -> None:
        until = time.monotonic() + TURN_SECONDS
        while not self._turns.acquire(timeout=0.1):
            if self._is_over.is_set() or time.monotonic() > until:
                raise Busy("too many questions are asked at the same time", "ask again in a few seconds")


@contextmanager
def _opened(cursor: Cursor, asked: Asked) -> Iterator[tuple[Age, Cursor]]:
    """The age of the answer, and its rows as a cursor of the server's."""
    statement = asked.question.statement(cursor, asked.day, asked.given)
    found = age(cursor, asked.question, asked.day)
    with asked.question.answering(asked.given), cursor.connection.cursor(name="answer") as rows:
        rows.execute(*statement)
        yield found, rows


def _parts(
    columns: list[str], first: list[tuple[Any, ...]], more: Callable[[], list[tuple[Any, ...]]]
) -> Iterator[bytes]:
    until = time.monotonic() + FILE_SECONDS
    yield _csv([columns])
    rows = first
    while rows:
        yield _csv([[harmless(value) for value in row] for row in rows])
        if time.monotonic() > until:
            raise TryAgain(f"the file was not taken within {FILE_SECONDS} s", "ask for it again")
        rows = more()


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
