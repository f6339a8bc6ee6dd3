"""A new day over a long history: its cost must follow the day, not what was there before."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, Side, sides

#: of ten rows of the new day, so many change an order of the history, spread over all of it
CHANGES = 8


@dataclass
class NewDay:
    """A side: one more day of `rows` rows over a history, each time another day."""

    bench: Bench
    platform: Platform
    history: Path
    size: int
    layers: tuple[str, ...]
    day: date = FIRST_DAY
    analytics: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        self.day += timedelta(days=1)
        self.platform.deliver("orders", self.day, self._file())
        with Clock() as clock:
            for layer in self.layers:
                self.platform.fill(f"{layer}.sales_orders", self.day)
        return clock.seconds

    def _file(self) -> Path:
        """Rows of the history from all over it, another choice each day, and new ones."""
        rows = self.bench.scale.day
        (fresh,) = self.bench.orders(rows, day=self.day)
        target = self.bench.samples / f"over-{self.size}-{self.day}.csv"
        old, step = rows * CHANGES // 10, self.size // (rows * CHANGES // 10)
        with self.history.open("rb") as history, fresh.open("rb") as new, target.open("wb") as out:
            out.write(next(new))
            out.writelines(islice(history, 1 + self.day.day % step, None, step))
            out.writelines(islice(new, rows - old))
        return target


def _with_history(bench: Bench, size: int) -> NewDay:
    platform = bench.platform(f"history_{size}")
    platform.forget()
    (file,) = bench.orders(size)
    platform.deliver("orders", FIRST_DAY, file)
    platform.deliver("customers", FIRST_DAY, *bench.customers(size))
    platform.fill_feed(FIRST_DAY, "raw", "staging")
    platform.execute("analyze staging.sales_orders")
    return NewDay(bench, platform, file, size, ("raw", "staging"))


def new_day(bench: Bench) -> Outcome:
    short, long = (_with_history(bench, size) for size in bench.scale.histories)
    pairs = bench.alternate(long, short)
    over_long, over_short = (f"over {side.size:,} rows" for side in (long, short))
    answers = _answers(long, over_long), _answers(short, over_short)
    note = "aggregates of that day: " + ", ".join(f"{side.seconds:.2f} s {side.name}" for side in answers)
    return Outcome(pairs.cost, sides(pairs, over_long, over_short, bench.scale.day), len(pairs.ours), notes=(note,))


def _answers(side: NewDay, name: str) -> Side:
    """The aggregates of the newest day: they read everything that is valid as of it."""
    seconds = []
    for _ in range(side.bench.scale.rounds):
        with Clock() as clock:
            side.platform.fill_feed(side.day, "analytics")
        seconds.append(clock.seconds)
    return Side(name, median(seconds))


SCENARIOS = (
    Scenario(
        "new-day",
        "a new day over a long history: load and staging",
        "the same over a short one",
        Promise("at most", 2, 1.3),
        new_day,
    ),
)
