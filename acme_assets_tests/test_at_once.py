"""Runs at the same time: several of one day, of its neighbours, over files that are just being replaced; one result."""

import random
from concurrent.futures import ThreadPoolExecutor

from acme_assets.errors import TryAgain
from acme_assets_tests.invariants import DAYS, contents, violations
from acme_assets_tests.pipeline import Pipeline
from acme_assets_tests.toil import customers, orders


def busy(pipeline: Pipeline, seed: int) -> None:
    """Deliver, then fill some days in some order. Only files may stand in the way: the next round finds them whole."""
    chosen = random.Random(seed)  # noqa: S311  # the same work in every run
    for _ in range(5):
        on = chosen.choice(DAYS)
        pipeline.deliver("orders", on, orders(chosen), part=chosen.choice("ab"))
        pipeline.deliver("customers", on, customers(chosen))
        try:
            pipeline.fill(*chosen.sample(DAYS, 2))
        except TryAgain as error:
            assert "changed while it was read" in error.message or "was replaced since" in error.message  # noqa: PT017  # the other messages would be deadlocks


def test_runs_at_the_same_time_end_as_one_after_the_other_would(pipeline: Pipeline) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: busy(pipeline, seed), range(4)))
    pipeline.fill(*DAYS)
    assert violations(pipeline) == []
    ended = contents(pipeline)
    pipeline.forget()
    pipeline.fill(*DAYS)
    assert contents(pipeline) == ended
