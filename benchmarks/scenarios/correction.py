"""A day delivered again, corrected: every amount of it is another one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.bench import FIRST_DAY, SEED, Bench
from benchmarks.measure import Clock
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, sides

NEXT_DAY = FIRST_DAY + timedelta(days=1)
#: rows of the day before: a table's very first rows are loaded faster, which no later day can be held against
BEFORE = 1_000


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
    (before,) = bench.orders(BEFORE)
    first, corrected = (bench.orders(rows, day=NEXT_DAY, seed=seed)[0] for seed in (SEED, SEED + 1))
    deliveries = Deliveries(bench.platform(), before, first, corrected)
    pairs = bench.alternate(deliveries.deliver_again, deliveries.deliver_first)
    return Outcome(pairs.cost, sides(pairs, "corrected", "first", rows), len(pairs.ours))


SCENARIOS = (
    Scenario(
        "corrected-day",
        "a day delivered again, corrected: load and staging",
        "its first delivery",
        Promise("at most", 1.2),
        again,
    ),
)
