"""The second engine, embedded: what a large day costs beside PostgreSQL, what a small one costs, and how it begins."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

from acme_platform import embedded
from acme_platform.checks.builtin import checks
from acme_platform.ledger import check_results
from acme_platform.materialize.judging import judge
from acme_platform.model.engine import POSTGRESQL, SPARK, Engine
from acme_platform.registry import catalog
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, Peak
from benchmarks.platform import RUN, SALES, Platform
from benchmarks.processes import cpu_seconds, megabytes_of, servers_of
from benchmarks.scenario import Outcome, Promise, Scenario, Side
from benchmarks.scenarios.history import NewDay

DIRTY = 0.001
#: of tens of millions of rows: more would be refused as a delivery that is mostly unreadable
FEW_DIRTY = 0.0002
LAYERS = ("raw", "staging", "analytics", "cache")
MINUTES = 60
LOOK_SECONDS = 0.2
#: at most so many rows are filled both ways
LARGE_DAY = 10_000_000
#: a day of a small shop
SMALL_DAY = 2_000


def _everything(platform: Platform) -> dict[str, float]:
    """One day from files to Redis, with the checks of each table behind it; seconds by table."""
    spent = {}
    for table in SALES.tables:
        with Clock() as clock:
            platform.fill(table.full_name, FIRST_DAY)
            if table.layer.name != "cache":
                _check(platform, table.full_name)
        spent[table.full_name] = clock.seconds
    return spent


def _check(platform: Platform, full_name: str) -> None:
    table = catalog.table(full_name)
    with platform.services.open_warehouse().transaction(RUN) as cursor:
        for check in checks(table):
            check_results.record(cursor, judge(platform.services, cursor, check, table, FIRST_DAY), RUN)


def _deliver(bench: Bench, platform: Platform, rows: int, dirty: float = DIRTY) -> None:
    platform.forget()
    platform.deliver("orders", FIRST_DAY, *bench.orders(rows, parts=bench.scale.parts, dirty=dirty))
    platform.deliver("customers", FIRST_DAY, *bench.customers(rows))


def cost(bench: Bench) -> Outcome:
    """Processor seconds of all that works, both ways one after the other."""
    rows = max(size for size in bench.scale.growth if size <= LARGE_DAY)
    found, took, notes = dict[Engine, float](), list[Side](), list[str]()
    for engine in (SPARK, POSTGRESQL):
        with bench.computed_by(engine, "cost") as platform:
            _deliver(bench, platform, rows)
            before = cpu_seconds(bench.settings)
            with Clock() as clock:
                spent = _everything(platform)
            found[engine] = cpu_seconds(bench.settings) - before
            took.append(Side(engine, clock.seconds, rows))
            by_table = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items())
            notes.append(f"{engine}: {found[engine]:.1f} CPU s; {by_table}")
    return Outcome(found[SPARK] / found[POSTGRESQL], tuple(took), notes=tuple(notes))


def files_to_redis(bench: Bench) -> Outcome:
    rows = bench.scale.everything
    with bench.computed_by(SPARK, "everything") as platform:
        _deliver(bench, platform, rows, FEW_DIRTY)
        (pid,) = servers_of(bench.settings, "sail")
        with Clock() as clock, Peak(partial(megabytes_of, pid), LOOK_SECONDS) as peak:
            spent = _everything(platform)
    notes = [f"{name}: {seconds:.1f} s" for name, seconds in spent.items()]
    side = Side(f"{rows:,} rows", clock.seconds, rows)
    return Outcome(clock.seconds / MINUTES, (side,), peak_megabytes=peak.value, notes=tuple(notes))


def new_day(bench: Bench) -> Outcome:
    """A day of `day` rows over both histories; the first one sorts the keys of history, and does not count."""
    found = {size: _days_over(bench, size) for size in bench.scale.histories}
    notes = tuple(f"the first day over {size:,} rows: {first:.2f} s" for size, (first, *_) in found.items())
    (short, long) = (median(later) for _, *later in found.values())
    sides = tuple(Side(f"over {size:,} rows", median(later), bench.scale.day) for size, (_, *later) in found.items())
    return Outcome(long / short, sides, bench.scale.rounds, notes=notes)


def _days_over(bench: Bench, size: int) -> list[float]:
    with bench.computed_by(SPARK, f"history{size}") as platform:
        _deliver(bench, platform, size, FEW_DIRTY)
        platform.fill_feed(FIRST_DAY, "raw", "staging")
        (file, *_) = bench.orders(size)
        side = NewDay(bench, platform, Path(file), size, ("raw", "staging"))
        return [side() for _ in range(1 + bench.scale.rounds)]


def start(bench: Bench) -> Outcome:
    """From nothing to the first answer; the client's import is part of it."""
    seconds = []
    for _ in range(bench.scale.rounds):
        embedded.release(bench.settings)
        embedded.stop(bench.settings)
        embedded.attach(bench.settings)
        with Clock() as clock, bench.computed_by(SPARK, "start") as platform:
            platform.services.open_spark().ask("select 1 as n")
        seconds.append(clock.seconds)
    return Outcome(median(seconds), (Side("first answer", median(seconds)),), len(seconds))


def small_day(bench: Bench) -> Outcome:
    """One more day of a range: every table of the feed, with its checks left out."""
    seconds = []
    with bench.computed_by(SPARK, "small") as platform:
        platform.forget()
        for number in range(2 + bench.scale.rounds):
            day = FIRST_DAY + timedelta(days=number)
            (orders,) = bench.orders(SMALL_DAY, day=day)
            platform.deliver("orders", day, orders)
            platform.deliver("customers", day, *bench.customers(SMALL_DAY))
            with Clock() as clock:
                platform.fill_feed(day, *LAYERS)
            seconds.append(clock.seconds)
    later = seconds[2:]
    return Outcome(median(later), (Side(f"{SMALL_DAY:,} rows", median(later), SMALL_DAY),), len(later))


SCENARIOS = (
    Scenario("engine-start", "the embedded engine's first answer", "-", Promise("at most", 3, unit="s"), start),
    Scenario(
        "engine-small-day", "one more small day, files to Redis", "-", Promise("at most", 1.5, unit="s"), small_day
    ),
    Scenario(
        "engine-new-day",
        "a new day over a long history on Spark: load and staging",
        "the same over a short one",
        Promise("at most", 1.5, 1.2),
        new_day,
    ),
    Scenario(
        "engine-cost",
        "files → Redis on Spark, all checks on: processor time",
        "the same on PostgreSQL",
        Promise("at most", 0.6, 0.4),
        cost,
    ),
    Scenario(
        "engine-everything",
        "files → raw → staging → answers → Redis on Spark, all checks on",
        "-",
        Promise("at most", 7, 4, unit="min"),
        files_to_redis,
    ),
)
