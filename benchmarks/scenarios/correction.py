"""A day delivered again, corrected: one row in a hundred says something else.

Beside it, because it costs the most: every row does.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, sides

NEXT_DAY = FIRST_DAY + timedelta(days=1)
#: rows of the day before: a table's very first rows are loaded faster, which no later day can be held against
BEFORE = 1_000
#: one row in so many is corrected
CORRECTED = 100


@dataclass(frozen=True)
class Deliveries:
    """The same day twice, and a small one before it."""

    platform: Platform
    before: Path
    first: Path
    corrected: Path

    def deliver_first(self) -> float:
        """Seconds of the first delivery."""
        self.platform.forget()
        self.platform.deliver("orders", FIRST_DAY, self.before)
        for layer in ("raw", "staging"):
            self.platform.fill(f"{layer}.sales_orders", FIRST_DAY)
        return self._deliver(self.first)

    def deliver_again(self) -> float:
        """Seconds of the correction."""
        self.deliver_first()
        return self._deliver(self.corrected)

    def _deliver(self, file: Path) -> float:
        self.platform.deliver("orders", NEXT_DAY, file)
        with Clock() as clock:
            for layer in ("raw", "staging"):
                self.platform.fill(f"{layer}.sales_orders", NEXT_DAY)
        return clock.seconds


def again(bench: Bench) -> Outcome:
    rows = bench.scale.file
    (before,), (first,) = bench.orders(BEFORE), bench.orders(rows, day=NEXT_DAY)
    some, every = (
        Deliveries(bench.platform(), before, first, _corrected(first, every_nth)) for every_nth in (CORRECTED, 1)
    )
    pairs = bench.alternate(some.deliver_again, some.deliver_first)
    note = f"every row corrected: {every.deliver_again() / median(pairs.against):.2f} ×"
    return Outcome(pairs.cost, sides(pairs, "corrected", "first", rows), len(pairs.ours), notes=(note,))


def _corrected(file: Path, every_nth: int) -> Path:
    """The same file with another amount in one row of each so many."""
    target = file.parents[3] / f"corrected-{every_nth}-{file.parents[2].name}.csv"
    if not target.exists():
        draft = target.with_suffix(".tmp")
        with file.open("rb") as source, draft.open("wb") as out:
            out.write(next(source))
            out.writelines(
                line if n % every_nth else line.rpartition(b",")[0] + b",1.00\n" for n, line in enumerate(source)
            )
        draft.rename(target)
    return target


SCENARIOS = (
    Scenario(
        "corrected-day",
        "a day delivered again, one row in a hundred corrected: load and staging",
        "its first delivery",
        Promise("at most", 1.2),
        again,
    ),
)
