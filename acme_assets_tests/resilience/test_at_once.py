"""Runs at the same time: several of one day, of its neighbours, over files that are just being replaced; one result."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier

import pytest

from acme_assets_tests.support.endless_worker import customers, orders
from acme_assets_tests.support.invariants import DAYS, contents, violations
from acme_assets_tests.support.pipeline import FEED, Pipeline
from acme_platform.errors import TryAgain
from acme_platform.services import Services

TABLES = [table.full_name for table in FEED.tables]


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


def expect_as_one_after_the_other(pipeline: Pipeline) -> None:
    pipeline.fill(*DAYS)
    assert violations(pipeline) == []
    ended = contents(pipeline)
    pipeline.forget()
    pipeline.fill(*DAYS)
    assert contents(pipeline) == ended


@pytest.mark.slow
def test_runs_at_the_same_time_end_as_one_after_the_other_would(pipeline: Pipeline) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: busy(pipeline, seed), range(4)))
    expect_as_one_after_the_other(pipeline)


def pairs(chosen: random.Random) -> Iterator[list[tuple[str, int]]]:
    """Every table twice on one day, and beside every other table of the feed, on its day or on another one."""
    for table in TABLES:
        yield [(table, chosen.randrange(3))] * 2
        for other in TABLES:
            if other != table:
                yield [(table, chosen.randrange(3)), (other, chosen.randrange(3))]


@pytest.mark.slow
def test_no_two_tables_and_days_stand_in_each_others_way(pipeline: Pipeline) -> None:
    """64 pairs, each begun at the same moment by two runs; whatever fails, a deadlock say, is raised."""
    chosen = random.Random(20240106)  # noqa: S311  # the same work in every run
    for on in DAYS:
        pipeline.deliver("customers", on, customers(chosen))
        pipeline.deliver("orders", on, orders(chosen))
    pipeline.fill(*DAYS)
    together = Barrier(2, timeout=30)

    def fill(run: Pipeline, what: tuple[str, int]) -> None:
        together.wait()
        run.fill_table(what[0], DAYS[what[1]])

    with ExitStack() as opened, ThreadPoolExecutor(2) as pool:
        runs = [Pipeline(Services(pipeline.services.settings)) for _ in range(2)]
        for run in runs:
            opened.enter_context(closing(run.services.open_warehouse()))
            opened.enter_context(closing(run.services.open_redis()))
        for pair in pairs(chosen):
            pipeline.deliver("orders", DAYS[pair[0][1]], orders(chosen), part=chosen.choice("ab"))
            list(pool.map(fill, runs, pair))
    expect_as_one_after_the_other(pipeline)
