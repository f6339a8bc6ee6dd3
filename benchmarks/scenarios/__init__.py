"""The table of promises, in its order. One module is one noun; each holds its rows as SCENARIOS."""

from benchmarks.scenario import Scenario
from benchmarks.scenarios import (
    arrivals,
    cluster,
    correction,
    engine,
    engine_month,
    everything,
    extraction,
    growth,
    history,
    memory,
    others,
    raw,
    redis,
    staging,
    starting,
    year,
)

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
    *engine.SCENARIOS,
    *engine_month.SCENARIOS,
    *cluster.SCENARIOS,
    *everything.SCENARIOS,
)
