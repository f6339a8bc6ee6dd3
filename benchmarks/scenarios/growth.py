"""Growth: does ten times the data take ten times as long, and no longer?"""

from itertools import pairwise

from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock
from benchmarks.scenario import Outcome, Promise, Scenario, Side

#: rows a file: large deliveries come in parts
PART = 5_000_000


def linear(bench: Bench) -> Outcome:
    """The worst of the steps; each size is measured once, for the largest takes minutes."""
    measured = [_files_to_answers(bench, rows) for rows in bench.scale.growth]
    per_row = [side.seconds / side.rows for side in measured]
    worst = max(after / before for before, after in pairwise(per_row))
    return Outcome(worst, tuple(measured))


def _files_to_answers(bench: Bench, rows: int) -> Side:
    platform = bench.platform()
    platform.forget()
    platform.deliver("orders", FIRST_DAY, *bench.orders(rows, parts=max(2, rows // PART)))
    platform.deliver("customers", FIRST_DAY, *bench.customers(rows))
    with Clock() as clock:
        platform.fill_feed(FIRST_DAY, "raw", "staging", "analytics")
    return Side(f"{rows:,} rows", clock.seconds, rows)


SCENARIOS = (
    Scenario(
        "growth",
        "files → raw → staging → answers, the cost of a row",
        "a tenth of the rows",
        Promise("at most", 1.15, 1.0),
        linear,
    ),
)
