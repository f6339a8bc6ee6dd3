"""The day: how people write one, and how days become ranges.

Belongs here: parsing, formatting and coalescing of calendar days (UTC), without Dagster.
Not here: the partitions definition made of them (`partitions.py`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_platform.errors import UsageError

ONE_DAY = timedelta(days=1)


def today() -> date:
    """The current day in UTC: the last day that can be asked for."""
    return datetime.now(UTC).date()


def parse_day(text: str) -> date:
    """`2024-01-02`, `today`, `yesterday` or `today-6`; anything else is a UsageError."""
    if ago := re.fullmatch(r"(today|yesterday)(?:-([0-9]{1,4}))?", text):
        return today() - timedelta(days=int(ago[2] or 0) + (ago[1] == "yesterday"))
    return exact_day(text)


def exact_day(text: str) -> date:
    """`2024-01-02`; anything else is a UsageError, other spellings of ISO 8601 too."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise UsageError(f"{text!r} is not a day", "write it like 2024-01-02, or `today`, `yesterday` or `today-6`")
    return day


@dataclass(frozen=True, order=True)
class Days:
    """A contiguous range of days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise UsageError(
                f"the range {self.first}..{self.last} ends before it starts", "write the earlier day first"
            )

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def overlaps(self, other: "Days") -> bool:
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


def is_ours(day: date, first_day: date) -> bool:
    """Whether it can be asked for: from the first day to today."""
    return first_day <= day <= today()


def ours(days: Iterable[date], first_day: date) -> set[date]:
    """Those of the days that can be asked for."""
    return {day for day in days if is_ours(day, first_day)}


def outside(days: Days, first_day: date) -> str:
    """Why some of the days are none of ours, as the end of a sentence; empty when all are."""
    if days.first < first_day:
        return f"begins before the first day, {first_day}"
    return f"ends after today, {today()} (UTC)" if days.last > today() else ""


def others(days: Days, first_day: date) -> Days:
    """Of days some of which are none of ours those at one end."""
    if days.first < first_day:
        return Days(days.first, min(days.last, first_day - ONE_DAY))
    return Days(max(days.first, today() + ONE_DAY), days.last)


def refuse_outside(days: Days, first_day: date) -> None:
    """Raise UsageError where a person asks for days that are none of ours."""
    if why := outside(days, first_day):
        raise UsageError(
            f"{days} {why}",
            f"choose days from {first_day} to today, or set ACME_FIRST_DAY; if there are rows of the other days,"
            f" take them back: acme wipe --days {others(days, first_day)}",
        )


def parse_days(text: str) -> Days:
    """`2024-01-02` or `2024-01-01..2024-01-14`, both ends included."""
    first, dots, last = text.partition("..")
    return Days(parse_day(first), parse_day(last if dots else first))


def spans(days: Iterable[date], longest: int | None = None) -> list[Days]:
    """The given days as the fewest contiguous ranges, in order, none longer than `longest` days."""
    ranges: list[Days] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1].last == ONE_DAY and (longest is None or len(ranges[-1]) < longest):
            ranges[-1] = Days(ranges[-1].first, day)
        else:
            ranges.append(Days(day, day))
    return ranges
