"""Arrivals: files that come together, from the lake to Redis under the running platform; and days within one run."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import redis

from acme_platform import embedded
from acme_platform.day import Days
from acme_platform.deployment.instance import instance
from acme_platform.deployment.processes import free_port
from acme_platform.embedded import Addresses
from acme_platform.runs import Runner
from benchmarks.bench import FIRST_DAY, Bench, home_settings
from benchmarks.measure import Clock
from benchmarks.platform import SALES
from benchmarks.scenario import CannotRunError, Outcome, Promise, Scenario, Side

BURST = 30
ROWS = 1_000
PATIENCE_SECONDS = 180.0
#: days within one run, to see what one more of them costs
FEW, MANY = 5, 25


def burst(bench: Bench) -> Outcome:
    """One day, then thirty days, dropped into the lake of `acme up`; over when Redis holds the newest."""
    home = bench.home / "up"
    seconds: dict[int, list[float]] = {1: [], BURST: []}
    next_day = FIRST_DAY
    with _up(home) as addresses, closing(redis.Redis.from_url(addresses.redis_url, decode_responses=True)) as client:
        rounds = [1, *[1, BURST] * (1 if bench.scale.name == "small" else bench.scale.rounds)]
        for turn, days in enumerate(rounds):
            last = next_day + timedelta(days=days - 1)
            taken = _deliver_and_wait(bench, home, client, Days(next_day, last))
            next_day = last + timedelta(days=1)
            # the first one waits for the platform's first looks too
            if turn:
                seconds[days].append(taken)
    single, many = median(seconds[1]), median(seconds[BURST])
    sides = Side(f"{BURST} files", many, BURST * ROWS), Side("one file", single, ROWS)
    return Outcome(many / single, sides, len(seconds[BURST]))


def _deliver_and_wait(bench: Bench, home: Path, client: "redis.Redis", days: Days) -> float:
    files = {day: bench.orders(ROWS, day=day)[0] for day in days}
    lake = home / "lake" / "sales"
    if days.first == FIRST_DAY:
        _put(lake / "customers" / f"{FIRST_DAY}.csv", bench.customers(ROWS)[0])
    with Clock() as clock:
        for day, file in files.items():
            _put(lake / "orders" / f"{day}.csv", file)
        _wait_for(client, days.last)
    return clock.seconds


def _put(place: Path, file: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.hardlink_to(file)


def _wait_for(client: "redis.Redis", day: date) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.hget("acme:watermark:country", "day") != str(day):
        if time.monotonic() > deadline:
            raise CannotRunError(f"{day} did not come to Redis within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.05)


@contextmanager
def _up(home: Path) -> Iterator[Addresses]:
    """`acme up`, as an operator starts it, with servers of its own."""
    home.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ACME_", "DAGSTER_"))}
    program = "import sys; from acme_platform.cli import main; sys.argv[0] = 'acme'; main()"
    with embedded.running(home_settings(home)) as addresses, (home / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "up", "--port", str(free_port())],
            env=environment | {"ACME_HOME": str(home), "ACME_FIRST_DAY": str(FIRST_DAY), "ACME_SERVE_PORT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield addresses
        finally:
            process.terminate()
            process.wait(60)
    embedded.stop(home_settings(home))


def one_more_day(bench: Bench) -> Outcome:
    """What a day without files costs an asset within a ranged run, Dagster and checks included."""
    platform = bench.platform()
    platform.forget()
    with instance(platform.services) as opened:
        runner = Runner(platform.services, opened)
        tables = tuple(table.full_name for table in SALES.tables)
        _seconds(runner, tables, 1)
        figures = [
            (_seconds(runner, tables, MANY) - _seconds(runner, tables, FEW)) / ((MANY - FEW) * len(tables))
            for _ in range(bench.scale.rounds)
        ]
    return Outcome(1_000 * median(figures), rounds=len(figures))


def _seconds(runner: Runner, tables: tuple[str, ...], days: int) -> float:
    with Clock() as clock:
        outcome = runner.run(tables, Days(FIRST_DAY, FIRST_DAY + timedelta(days=days - 1)))
    if not outcome.success:
        raise CannotRunError(f"the run failed: {outcome.errors[:1]}")
    return clock.seconds


SCENARIOS = (
    Scenario(
        "burst",
        f"{BURST} one-day files from arrival to Redis, under `acme up`",
        "one such file",
        Promise("at most", 1.5),
        burst,
    ),
    Scenario(
        "one-more-day",
        "one more day inside a ranged run, empty tables, an asset with its checks",
        "-",
        Promise("at most", 25, unit="ms"),
        one_more_day,
    ),
)
