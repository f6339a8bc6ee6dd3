"""Everything: one large day from files to Redis in one Dagster run, all checks on, second by second."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from acme_platform.day import Days
from acme_platform.deployment.instance import instance
from acme_platform.runs import Runner
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, forget_peak, peak_megabytes
from benchmarks.platform import Platform
from benchmarks.scenario import CannotRunError, Outcome, Promise, Scenario, Side

MINUTES = 60
WAL = "select (pg_current_wal_insert_lsn() - '0/0') / 1048576"
#: of ten thousand rows so many are dirty: what the bare prototype's data had
DIRTY = 0.0002


@dataclass
class Disk:
    """The most that a folder held within the block, in GB, looked at every two seconds."""

    folder: Path
    peak: float = 0.0
    _over: Event = field(default_factory=Event)

    def __enter__(self) -> "Disk":
        self._watch = Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(2):
            self.peak = max(self.peak, self._size())

    def _size(self) -> float:
        """Files come and go while they are counted."""
        size = 0
        for file in self.folder.rglob("*"):
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
    with Disk(bench.home / "postgresql") as disk, Clock() as clock:
        stages = _run(platform)
    notes = [f"{table}: {seconds:.1f} s" for table, seconds in stages.seconds.items()]
    notes += [f"peak disk of PostgreSQL {disk.peak:.1f} GB", f"WAL {platform.one(WAL) - before:,} MB"]
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
