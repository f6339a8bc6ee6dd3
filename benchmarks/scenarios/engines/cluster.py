"""Cluster: the same day of orders on one worker of Spark and on two, of one core each.

Master, workers, the driver, PostgreSQL and this process share the machine: on two cores the second worker has what the
others leave of one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
#: a thousand rows of a file that cannot be read would refuse it
DIRTY = 0.0005


def workers(bench: Bench) -> Outcome:
    if not PYTHON.exists():
        raise CannotRunError(MISSING)
    rows = bench.scale.growth[1]
    files = bench.orders(rows, parts=PARTS, dirty=DIRTY)
    notes: list[str] = []
    pairs = bench.alternate(_side(bench, files, 2, notes), _side(bench, files, 1, notes))
    return Outcome(pairs.speed, sides(pairs, "two workers", "one worker", rows), len(pairs.ours), notes=tuple(notes))


def _side(bench: Bench, files: list[Path], number: int, notes: list[str]) -> Side:
    platform = bench.platform("cluster")

    def once() -> float:
        platform.forget()
        platform.execute("truncate ledger.lake_parts")
        platform.deliver("orders", FIRST_DAY, *files)
        with _on_cluster(platform, number) as on_cluster:
            seconds = {layer: _filled(on_cluster, layer) for layer in ("raw", "staging")}
        said = ", ".join(f"{layer} {spent:.1f} s" for layer, spent in seconds.items())
        notes.append(f"{number} worker{'s' if number > 1 else ''}: {said}")
        return sum(seconds.values())

    return once


def _filled(platform: Platform, layer: str) -> float:
    with Clock() as clock:
        platform.fill(f"{layer}.sales_orders", FIRST_DAY)
    return clock.seconds


@contextmanager
def _on_cluster(platform: Platform, number: int) -> Iterator[Platform]:
    """The platform with so many workers, whose executors run; what that takes is not counted."""
    with TemporaryDirectory() as folder, cluster(Path(folder), number) as started:
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
