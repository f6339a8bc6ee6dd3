"""A day delivered again, corrected: every amount of it is another one."""

from dataclasses import dataclass
from itertools import count

from benchmarks.bench import FIRST_DAY, SEED, Bench, Load
from benchmarks.measure import Clock
from benchmarks.scenario import Outcome, Promise, Scenario, sides

LAYERS = ("raw", "staging")


@dataclass
class Correction:
    """A side: the day as it was first, then, measured, as it is corrected."""

    first: Load
    corrected: Load

    def __call__(self) -> float:
        self.first()
        platform = self.first.platform
        platform.deliver("orders", FIRST_DAY, *self.corrected.files)
        with Clock() as clock:
            for layer in LAYERS:
                platform.fill(f"{layer}.sales_orders", FIRST_DAY)
        return clock.seconds


def again(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform, seeds = bench.platform(), count(SEED)
    first, corrected = (Load(platform, bench.orders(rows, seed=next(seeds)), LAYERS) for _ in range(2))
    pairs = bench.alternate(Correction(first, corrected), first)
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
