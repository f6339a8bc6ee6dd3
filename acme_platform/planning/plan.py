"""A plan: which days of which tables would be filled and why, and which would not.

Belongs here: the values, and what is expected of a day from the ledger's history of its table. Not here: how they are
found out (`rehearsal.py`), how they look (`cli/changes/plan.py`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from acme_platform.cursor import Cursor
from acme_platform.day import Days, spans

#: fillings by which the next one is judged
LAST = 10
#: stands for the day in what is said of several
ANY_DAY = "\0"


@dataclass(frozen=True)
class Expected:
    """What a day of a table came to lately; nothing where it was never filled."""

    rows: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Filling:
    """A day of a table that would be filled."""

    table: str
    day: date
    why: str
    expected: Expected = Expected()


@dataclass(frozen=True)
class Held:
    """A day of a table that would not be filled, though it is asked for or stale."""

    table: str
    day: date
    why: str
    next_step: str = ""

    def of_any_day(self, said: str) -> str:
        """The same words for each day of the table."""
        return said.removeprefix(f"{self.table} of {self.day} ").replace(str(self.day), ANY_DAY)


@dataclass
class Plan:
    """In the order in which a run would come to them."""

    fillings: list[Filling] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    @property
    def days(self) -> set[tuple[str, date]]:
        return {(filling.table, filling.day) for filling in self.fillings}

    def only(self, tables: Collection[str]) -> "Plan":
        """What is said of these tables."""
        return Plan(
            [filling for filling in self.fillings if filling.table in tables],
            [held for held in self.held if held.table in tables],
        )

    def ranges(self) -> "Iterator[Range]":
        """Neighbouring days of a table that would be filled for one reason."""
        alike: dict[tuple[str, str], list[Filling]] = {}
        for filling in self.fillings:
            alike.setdefault((filling.table, filling.why), []).append(filling)
        for (table, why), fillings in alike.items():
            for days in spans(filling.day for filling in fillings):
                yield Range(table, days, why, [filling.expected for filling in fillings if filling.day in days])

    def held_ranges(self) -> "Iterator[tuple[str, Days, str, str]]":
        """(table, days, why, next step) of what would not be filled; what is said of each day is said once of all."""
        alike: dict[tuple[str, str, str], set[date]] = {}
        for held in self.held:
            alike.setdefault((held.table, held.of_any_day(held.why), held.of_any_day(held.next_step)), set()).add(
                held.day
            )
        for (table, why, step), these in alike.items():
            for days in spans(these):
                # a file is delivered of one day
                next_step = step.replace(f"--day {ANY_DAY}", f"--day {days.first}").replace(ANY_DAY, str(days))
                yield table, days, why.replace(ANY_DAY, str(days)), next_step


@dataclass(frozen=True)
class Range:
    """Days of a table that would be filled for one reason."""

    table: str
    days: Days
    why: str
    expected: list[Expected]

    @property
    def rows(self) -> int | None:
        rows = total(expected.rows for expected in self.expected)
        return None if rows is None else int(rows)

    @property
    def seconds(self) -> float | None:
        seconds = total(expected.seconds for expected in self.expected)
        return None if seconds is None else round(seconds, 1)


def total(numbers: Iterable[float | None]) -> float | None:
    """None where one of them is not known: the sum of the others would look like all of it."""
    known, unknown = [], 0
    for number in numbers:
        if number is None:
            unknown += 1
        else:
            known.append(number)
    return None if unknown else sum(known)


def expected(cursor: Cursor, table_name: str, day: date, pretended_by: str) -> Expected:
    """The middle of the fillings nearest to the day; of its rows, those of the day itself where it stands."""
    cursor.execute(
        "select day, row_count, seconds from ledger.builds where table_name = %s and run_id <> %s"
        " order by abs(day - %s), day desc limit %s",
        (table_name, pretended_by, day, LAST),
    )
    fillings = cursor.fetchall()
    if not fillings:
        return Expected()
    seconds = [took for _, _, took in fillings if took is not None]
    standing = next((rows for of_day, rows, _ in fillings if of_day == day), None)
    rows = int(median(rows for _, rows, _ in fillings)) if standing is None else standing
    return Expected(rows, median(seconds) if seconds else None)
