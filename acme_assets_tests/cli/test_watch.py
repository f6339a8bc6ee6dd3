"""The bar of `acme run`: what it says of the time that is left."""

import time
from datetime import date, timedelta

import pytest
from rich.progress import Progress

from acme_platform.cli.terminal import watch
from acme_platform.day import Days
from acme_platform.runs import Broken, Outcome

FIRST = date(2024, 1, 1)


class Run:
    """A range of days of tables, watched by a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tables: str, days: int) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        bars = Progress(disable=True)
        self.days = Days(FIRST, FIRST + timedelta(days=days - 1))
        self.watch = watch.Watch(tuple(tables), self.days, bars, bars.add_task("", total=None, left=""), _began=0.0)

    def fill(self, table: str, *seconds: float) -> None:
        """Days of a table one after the other, each of which takes so long."""
        for second in seconds:
            self.now += second
            self.watch(table, 1, True)

    def left(self) -> float | None:
        found = self.watch.seconds_left()
        return None if found is None else round(found, 3)


def test_nothing_is_said_before_half_of_the_tables_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, "abcd", 3)
    assert run.left() is None
    run.fill("a", 1, 1, 1)
    assert run.left() is None
    run.fill("b", 1, 1)
    assert run.left() is not None


def test_what_lies_between_two_tables_is_counted_for_the_days_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run 1 is 2 of 4 days. Table a: 1 s for its second day and 5 s of checks make 6; b: 1 s for its second day.

    The other two days of a take 6 s; those of b, whose checks nobody knows yet, 1 s.
    """
    run = Run(monkeypatch, "ab", 4)
    run.fill("a", 0, 1)
    run.fill("b", 5, 1)
    assert run.left() == 7


def test_days_that_take_longer_and_longer_are_expected_to_go_on_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Day n takes n s. After 40 of 100 days, 41 + 42 + … + 100 = 4,230 s are left; at the mean pace it were 1,230."""
    run = Run(monkeypatch, "a", 100)
    run.fill("a", 0)
    run.fill("a", *range(2, 41))
    assert run.left() == pytest.approx(4230, rel=0.02)


def test_days_that_take_less_and_less_are_not_expected_to_take_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the pace of the newer half: 60 days of 1 s."""
    run = Run(monkeypatch, "a", 100)
    run.fill("a", *[9] * 20, *[1] * 20)
    assert run.left() == 60


def test_a_table_that_nobody_knows_yet_is_taken_for_an_average_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Table a is done, 3 s a day; of b and of c three days each are left at that pace."""
    run = Run(monkeypatch, "ab", 3)
    run.fill("a", 0, 3, 3)
    run.fill("b", 3)
    assert run.left() == 9


def test_in_a_pipe_each_of_several_runs_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last one is told by the lines of its tables."""
    run = Run(monkeypatch, "a", 4)
    run.fill("a", 0, 30)
    run.watch.passed(Days(FIRST, FIRST + timedelta(days=1)))
    run.fill("a", 30, 30)
    run.watch.passed(Days(FIRST + timedelta(days=2), run.days.last))

    assert capsys.readouterr().err.splitlines() == [
        "2024-01-01..2024-01-02 is over: 2 of 4 days, 30 s, about 30 s left",
        "a: 4 days, 4 rows",
    ]


def test_days_of_which_nothing_came_are_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("2024-01-02: 1 row", "2024-01-03: 1 row")
    empty = Broken("raw.sales_orders", "something_delivered", must=False, days=days)
    outcome = Outcome("run", Days(FIRST, FIRST), ("raw.sales_orders",), success=True, errors=(), broken=(empty,))

    watch.report([outcome])

    assert capsys.readouterr().err == "no row was delivered of raw.sales_orders: 2024-01-02, 2024-01-03\n"
