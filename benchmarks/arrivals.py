"""Arrivals: how fast files that arrive at once reach Redis, in ranged runs and in one run per file.

    python benchmarks/arrivals.py

Everything is its own and temporary: embedded servers, lake, Dagster's storage. The daemon's part is played here: a tick
of the sensor, then the runs that it asks for, in this process. So neither the sensor's interval nor the start of a
worker counts (some 2.5 s a run, which one run per file pays a thousand times).

    a thousand files   a year of sales, orders of most days in two files; every day down to Redis
    one run per file   the first of the same files, one after the other
    a month, a day     30 files of one day each at once, and the one of the next day

Belongs here: the scenario and its figures. Not here: expectations, which stand in
`acme_assets_tests/resilience/test_flood.py`.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from acme_assets_tests.support.days import settle
from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.support.ticking import Platform
from acme_platform import embedded as servers
from acme_platform.config.settings import Settings
from acme_platform.deployment.instance import instance
from acme_platform.services import Services

File = tuple[str, str]
FIRST = date(2024, 1, 1)
YEAR = [FIRST + timedelta(days=n) for n in range(365)]
IN_TWO_PARTS = 270
SAMPLE = 40
MONTH = 30


def a_thousand_files() -> Iterator[File]:
    for n, day in enumerate(YEAR):
        yield customers(day)
        for part in range(2 if n < IN_TWO_PARTS else 1):
            yield f"sales/orders/{day}/part-{part}.csv", order((n + 1) * 10 + part, day)


def customers(day: date) -> File:
    return f"sales/customers/{day}.csv", "customer_id,customer_name,country\n1,Ann,USA\n"


def order(number: int, day: date) -> str:
    return f"order_id,customer_id,order_date,amount\n{number},1,{day},10.00\n"


@contextmanager
def platform() -> Iterator[Platform]:
    """One with nothing in it."""
    with tempfile.TemporaryDirectory() as home:
        embedded = Settings(Path(home), None, None, None, f"{home}/lake", FIRST)
        try:
            with servers.running(embedded) as cursor:
                services = Services(
                    replace(
                        embedded,
                        warehouse_url=cursor.warehouse_url,
                        dagster_url=cursor.dagster_url,
                        redis_url=cursor.redis_url,
                    )
                )
                with instance(services) as opened:
                    yield Platform(services, opened)
                services.open_warehouse().close()
        finally:
            servers.stop(embedded)


def deliver(on: Platform, files: Iterable[File]) -> None:
    for key, content in files:
        settle(on.services, Pipeline(on.services).put(key, content.encode()))


def arrive(on: Platform) -> tuple[float, int]:
    """Seconds until nothing is left to do, and the runs that it took."""
    began, runs = time.monotonic(), 0
    while requests := on.arrivals().run_requests:
        runs += len(requests)
        if not all(on.launch(requests)):
            raise SystemExit("a run failed")
    return time.monotonic() - began, runs


def warm_up(on: Platform) -> None:
    """Tables, caches of plans and imports: the first run pays for them."""
    deliver(on, [customers(YEAR[-1]), (f"sales/orders/{YEAR[-1]}.csv", order(1, YEAR[-1]))])
    arrive(on)


def say(what: str, files: int, days: int, seconds: float, runs: int) -> None:
    per_minute = f"{60 * files / seconds:7,.0f} files/min {60 * days / seconds:7,.0f} days/min"
    print(f"{what:<18} {files:5,} files {days:4} days {runs:4} runs {seconds:7.1f} s {per_minute}", flush=True)


def flood() -> None:
    with platform() as on:
        deliver(on, a_thousand_files())
        seconds, runs = arrive(on)
        say("a thousand files", 1000, len(YEAR), seconds, runs)


def one_run_per_file() -> None:
    with platform() as on:
        warm_up(on)
        seconds, runs, days = 0.0, 0, set[str]()
        for _, (key, content) in zip(range(SAMPLE), a_thousand_files(), strict=False):
            deliver(on, [(key, content)])
            took, more = arrive(on)
            seconds, runs = seconds + took, runs + more
            days.add(key.split("/")[2][:10])
        say("one run per file", SAMPLE, len(days), seconds, runs)


def a_month() -> None:
    with platform() as on:
        deliver(on, [customers(FIRST)])
        arrive(on)
        deliver(on, ((f"sales/orders/{day}.csv", order(n + 1, day)) for n, day in enumerate(YEAR[:MONTH])))
        month = arrive(on)
        deliver(on, [(f"sales/orders/{YEAR[MONTH]}.csv", order(MONTH + 1, YEAR[MONTH]))])
        day = arrive(on)
        say("a month", MONTH, MONTH, *month)
        say("a day", 1, 1, *day)
        print(f"{MONTH} files take {month[0] / day[0]:.1f} times as long as one")


if __name__ == "__main__":
    a_month()
    one_run_per_file()
    flood()
