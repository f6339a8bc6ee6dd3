"""Everything: one large day from files to Redis in one Dagster run, all checks on, second by second."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from acme_platform.day import Days
from acme_platform.deployment.instance import instance
from acme_platform.runs import Runner
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, Peak, forget_peak, peak_megabytes
from benchmarks.platform import Platform
from benchmarks.scenario import CannotRunError, Outcome, Promise, Scenario, Side

MINUTES = 60
LOOK_SECONDS = 2
WAL = "select (pg_current_wal_insert_lsn() - '0/0') / 1048576"
#: of ten thousand rows so many are dirty: what the bare prototype's data had
DIRTY = 0.0002


def gigabytes_of(folder: Path) -> float:
    """What the folder takes on its disk; files come and go while they are counted."""
    size = 0
    for file in folder.rglob("*"):
        try:
            size += file.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return size / 1e9


@dataclass
class Stages:
    """Seconds by layer: from one table's end to the next one's, checks included."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _last: float = field(default_factory=time.perf_counter)

    def __call__(self, table: str, rows: int, filled: bool) -> None:
        del rows, filled
        now = time.perf_counter()
        self.seconds[table] += now - self._last
        self._last = now


def files_to_redis(bench: Bench) -> Outcome:
    rows = bench.scale.everything
    platform = bench.platform()
    platform.forget()
    platform.deliver("orders", FIRST_DAY, *bench.orders(rows, parts=bench.scale.parts, dirty=DIRTY))
    platform.deliver("customers", FIRST_DAY, *bench.customers(rows))
    before = platform.one(WAL)
    forget_peak()
    with Peak(partial(gigabytes_of, bench.home / "postgresql"), LOOK_SECONDS) as disk, Clock() as clock:
        stages = _run(platform)
    notes = [f"{table}: {seconds:.1f} s" for table, seconds in stages.seconds.items()]
    notes += [f"peak disk of PostgreSQL {disk.value:.1f} GB", f"WAL {platform.one(WAL) - before:,} MB"]
    side = Side(f"{rows:,} rows", clock.seconds, rows)
    return Outcome(clock.seconds / MINUTES, (side,), peak_megabytes=peak_megabytes(), notes=tuple(notes))


def _run(platform: Platform) -> Stages:
    with instance(platform.services) as opened:
        runner = Runner(platform.services, opened)
        tables = runner.select("group:sales")
        platform.services.progress = stages = Stages()
        outcome = runner.run(tables, Days(FIRST_DAY, FIRST_DAY))
    if not outcome.success:
        raise CannotRunError(f"the run failed: {outcome.errors[:1]}")
    return stages


SCENARIOS = (
    Scenario(
        "everything",
        "files → raw → staging → answers → Redis, all checks on",
        "-",
        Promise("at most", 10, 4.5, unit="min"),
        files_to_redis,
    ),
)
