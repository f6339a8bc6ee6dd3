"""Cluster: the same day of orders on one worker of Spark and on two, of one core each.

Each worker is held on a core of its own. Master, driver, PostgreSQL and this process share the machine with them: on
two cores the second worker has what the others leave of one. What starts is warm: an earlier day was filled.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from acme_assets_tests.support.cluster import MISSING, PYTHON, cluster
from acme_platform.services import Services
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, Side
from benchmarks.platform import Platform
from benchmarks.scenario import CannotRunError, Outcome, Promise, Scenario, sides

#: files of the day: more than workers, so that they end together
PARTS = 8
#: GB of each worker
MEMORY = 3
SECOND_DAY = FIRST_DAY + timedelta(days=1)
#: a thousand rows of a file that cannot be read would refuse it
DIRTY = 0.0005


def workers(bench: Bench) -> Outcome:
    if not PYTHON.exists():
        raise CannotRunError(MISSING)
    few, rows = bench.scale.growth[:2]
    first = bench.orders(few, parts=PARTS, dirty=DIRTY)
    second = bench.orders(rows, day=SECOND_DAY, parts=PARTS, dirty=DIRTY)
    notes: list[str] = []
    pairs = bench.alternate(_side(bench, first, second, 2, notes), _side(bench, first, second, 1, notes))
    return Outcome(pairs.speed, sides(pairs, "two workers", "one worker", rows), len(pairs.ours), notes=tuple(notes))


def _side(bench: Bench, first: list[Path], second: list[Path], number: int, notes: list[str]) -> Side:
    platform = bench.platform("cluster")

    def once() -> float:
        platform.forget()
        platform.execute("truncate ledger.lake_parts")
        platform.deliver("orders", FIRST_DAY, *first)
        platform.deliver("orders", SECOND_DAY, *second)
        with _on_cluster(platform, number) as on_cluster:
            for day in (FIRST_DAY, SECOND_DAY):
                seconds = {layer: _filled(on_cluster, layer, day) for layer in ("raw", "staging")}
        said = ", ".join(f"{layer} {spent:.1f} s" for layer, spent in seconds.items())
        notes.append(f"{number} worker{'s' if number > 1 else ''}: {said}")
        return sum(seconds.values())

    return once


def _filled(platform: Platform, layer: str, day: date) -> float:
    with Clock() as clock:
        platform.fill(f"{layer}.sales_orders", day)
    return clock.seconds


@contextmanager
def _on_cluster(platform: Platform, number: int) -> Iterator[Platform]:
    """The platform with so many workers, whose executors run; what that takes is not counted."""
    with TemporaryDirectory() as folder, cluster(Path(folder), number, MEMORY) as started:
        settings = replace(
            platform.services.settings,
            engine_url=started.url,
            engine_python=str(PYTHON),
            tables_url=(Path(folder) / "tables").as_uri(),
        )
        on_cluster = Platform(Services(settings))
        with patch.dict(os.environ, {**started.environment, "ACME_ENGINE": "spark"}):
            spark = on_cluster.services.open_spark()
            spark.ask("select count(*) from range(1000)")
            try:
                yield on_cluster
            finally:
                if spark.job:
                    spark.job.close()


SCENARIOS = (
    Scenario(
        "workers",
        "raw and staging of a day on two workers of Spark",
        "one worker of one core",
        Promise("at least", 1.6, 1.9),
        workers,
    ),
)
