"""A year of small days: what the answers of a day cost as the history before it grows, on both engines."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from acme_assets.sample import write_sample
from acme_platform.day import Days
from acme_platform.model.engine import ENGINES, Engine
from benchmarks.bench import FIRST_DAY, SEED, Bench
from benchmarks.measure import Clock
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, Side

#: order rows of each day: a small shop
ROWS = 3_000
#: it reads all versions as of the day; the others of the feed read what it answered
ANSWER = "analytics.customer_orders"


def growth(bench: Bench) -> Outcome:
    """What a day of history costs late in the year against what it costs early, of the engine that grows more."""
    found = [list(_measured(bench, engine)) for engine in ENGINES.values()]
    worst = max(_steepening(bench, [side.seconds for side in measured]) for measured in found)
    return Outcome(worst, tuple(side for measured in found for side in measured))


def _steepening(bench: Bench, seconds: list[float]) -> float:
    """1 where each day of history costs as much as any other."""
    points = list(zip(bench.scale.year, seconds, strict=True))
    slopes = [(after - before) / (late - early) for (early, before), (late, after) in pairwise(points)]
    return slopes[-1] / slopes[0]


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number - 1)


def _measured(bench: Bench, engine: Engine) -> Iterator[Side]:
    with bench.computed_by(engine, "year") as platform:
        _deliver(bench, platform)
        for number in range(1, bench.scale.year[-1] + 1):
            platform.fill_feed(_day(number), "raw", "staging")
            if number in bench.scale.year:
                yield Side(f"{engine}, day {number}", _answered(platform, _day(number), bench.scale.rounds))


def _deliver(bench: Bench, platform: Platform) -> None:
    platform.forget()
    year = Days(_day(1), _day(bench.scale.year[-1]))
    write_sample("sales", year, rows=ROWS, seed=SEED, dirty=0, to=Path(platform.services.settings.lake_url))


def _answered(platform: Platform, day: date, rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        with Clock() as clock:
            platform.fill(ANSWER, day)
        seconds.append(clock.seconds)
    return median(seconds)


SCENARIOS = (
    Scenario(
        "year",
        "answers over a year of small days: what one more day of history costs, late in it",
        "early in it",
        Promise("at most", 2, 1),
        growth,
    ),
)
