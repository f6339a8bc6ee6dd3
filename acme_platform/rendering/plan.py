"""The plan of a picture: which columns of an answer become what, chosen by one rule from what they hold.

Belongs here: the rule. Not here: drawing (`drawing.py`), asking (`serving/question.py`).

    days and numbers     a line a number over the days, a line more for each name beside them
    names and numbers    bars, one for each name
    anything else        is refused by name

Names are texts, and columns that end in `_id`. A first column that only numbers the rows, as a place does, is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from acme_platform.errors import MendInput

if TYPE_CHECKING:
    import pandas as pd

#: more bars, lines and panels than that nobody reads
BARS, LINES, PANELS = 30, 10, 4


class NoPicture(MendInput):
    """The columns of an answer say nothing that could be drawn."""


@dataclass(frozen=True)
class Plan:
    """What to draw of an answer."""

    kind: Literal["line", "bars"]
    #: the day of a line; of bars nothing
    day: str
    #: what tells the lines or the bars apart; together they name one
    names: tuple[str, ...]
    #: a panel each, one below the other
    numbers: tuple[str, ...]
    #: rows that are drawn, from the first on
    rows: int


def plan(answer: "pd.DataFrame", name: str) -> Plan:
    """The picture of the answer. Raises NoPicture where there is none."""
    if answer.empty:
        raise NoPicture(f"{name} has no rows, so there is nothing to draw", "ask as of another day")
    numbers = [column for column in answer.columns if _is_number(answer, column)][:PANELS]
    days = [column for column in answer.columns if _all(answer, column, _is_day)]
    names = [column for column in answer.columns if _is_name(answer, column)]
    if not numbers:
        raise NoPicture(f"{name} has no column of numbers to draw, only {_said(answer)}", _without(name))
    # of an answer as of one day that day is no axis
    day = next((column for column in days if answer[column].nunique() > 1), "" if names else next(iter(days), ""))
    if day:
        return _line(answer, name, day, names, numbers)
    if not names:
        raise NoPicture(
            f"{name} has neither days nor names to draw its numbers by, only {_said(answer)}", _without(name)
        )
    if not (apart := _telling(answer, names)):
        raise NoPicture(f"{name} has several rows of one {' and '.join(names)}", _without(name))
    return Plan("bars", "", apart, tuple(numbers), min(len(answer), BARS))


def _line(answer: "pd.DataFrame", name: str, day: str, names: Sequence[str], numbers: Sequence[str]) -> Plan:
    apart = () if answer[day].is_unique else _telling(answer, names, beside=[day])
    if not apart and not answer[day].is_unique:
        raise NoPicture(f"{name} has several rows of one {day}, and nothing that tells them apart", _without(name))
    lines = len(answer[list(apart)].drop_duplicates()) if apart else 1
    if lines > LINES:
        raise NoPicture(
            f"{name} would be {lines} lines, one for each {' and '.join(apart)}, and nobody reads more than {LINES}",
            "ask for fewer by --param, or write a question that adds them up",
        )
    return Plan("line", day, apart, tuple(numbers), len(answer))


def _telling(answer: "pd.DataFrame", names: Sequence[str], beside: Sequence[str] = ()) -> tuple[str, ...]:
    """The fewest names, texts first, by which no two rows are the same; none where all of them do not tell."""
    texts_first = sorted(names, key=lambda column: not _all(answer, column, _is_text))
    for count in range(1, len(texts_first) + 1):
        if not answer.duplicated([*texts_first[:count], *beside]).any():
            return tuple(texts_first[:count])
    return ()


def _is_number(answer: "pd.DataFrame", column: str) -> bool:
    return _all(answer, column, _is_amount) and not _is_id(column) and not _only_numbers_rows(answer, column)


def _is_name(answer: "pd.DataFrame", column: str) -> bool:
    return _all(answer, column, _is_text) or (_is_id(column) and bool(answer[column].notna().any()))


def _is_id(column: str) -> bool:
    return column == "id" or column.endswith("_id")


def _only_numbers_rows(answer: "pd.DataFrame", column: str) -> bool:
    return column == answer.columns[0] and len(answer) > 1 and list(answer[column]) == list(range(1, len(answer) + 1))


def _all(answer: "pd.DataFrame", column: str, is_one: Callable[[object], bool]) -> bool:
    """Of the values that are there, and at least one is."""
    there = [value for value in answer[column].tolist() if value is not None]
    return bool(there) and all(map(is_one, there))


def _is_day(value: object) -> bool:
    return isinstance(value, date)


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _said(answer: "pd.DataFrame") -> str:
    return ", ".join(map(str, answer.columns))


def _without(name: str) -> str:
    return f"acme query {name}, without --chart"
