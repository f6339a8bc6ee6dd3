"""The table of promises, in its order. One module is one noun; each holds its rows as SCENARIOS."""

from benchmarks.scenario import Scenario
from benchmarks.scenarios import (
    arrivals,
    correction,
    everything,
    extraction,
    growth,
    history,
    memory,
    others,
    raw,
    redis,
    staging,
    year,
)
from benchmarks.scenarios.commands import differing, pages, planning, profiling, starting
from benchmarks.scenarios.engines import cluster, embedded, month

SCENARIOS: tuple[Scenario, ...] = (
    *raw.SCENARIOS,
    *staging.SCENARIOS,
    *others.SCENARIOS,
    *history.SCENARIOS,
    *growth.SCENARIOS,
    *year.SCENARIOS,
    *correction.SCENARIOS,
    *redis.SCENARIOS,
    *extraction.SCENARIOS,
    *arrivals.SCENARIOS,
    *starting.SCENARIOS,
    *memory.SCENARIOS,
    *planning.SCENARIOS,
    *differing.SCENARIOS,
    *profiling.SCENARIOS,
    *pages.SCENARIOS,
    *embedded.SCENARIOS,
    *month.SCENARIOS,
    *cluster.SCENARIOS,
    *everything.SCENARIOS,
)
