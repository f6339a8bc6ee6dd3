"""Killed at any moment: nothing is lost, doubled or half visible, and the next run mends what was left.

A worker delivers and fills in a loop (`endless_worker.py`) and is killed by SIGKILL again and again; the state
accumulates.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from acme_assets_tests.support.invariants import DAYS, contents, violations
from acme_assets_tests.support.pipeline import Pipeline, environment

KILLS = 16


@contextmanager
def workers(pipeline: Pipeline) -> Iterator[Callable[[int], int]]:
    """Call with a seed to have a worker; the number of its process comes back."""
    command = [sys.executable, "-m", "acme_assets_tests.support.endless_worker"]
    environ = environment(pipeline.services.settings)
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mother:
        assert mother.stdin
        assert mother.stdout

        def start(seed: int) -> int:
            print(seed, file=mother.stdin, flush=True)
            return int(mother.stdout.readline())  # type: ignore[union-attr]  # asserted above

        try:
            yield start
        finally:
            mother.kill()


def clients(pipeline: Pipeline) -> set[str]:
    """Who is connected to the test's Redis database, and works in its warehouse."""
    database = str(pipeline.services.open_redis().client_info()["db"])
    working = pipeline.ask(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and state <> 'idle'"
    )
    reading = [client["id"] for client in pipeline.services.open_redis().client_list() if client["db"] == database]
    return {*reading, *(f"process {row['pid']}" for row in working)}


def settle(pipeline: Pipeline, before: set[str]) -> None:
    """The servers notice a moment later that a client is gone."""
    until = time.monotonic() + 10
    while clients(pipeline) - before:
        assert time.monotonic() < until, "the servers still work for a client that was killed"
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_again_and_again_the_platform_ends_as_if_nothing_had_happened(pipeline: Pipeline) -> None:
    chosen = random.Random(20240101)  # noqa: S311  # the same moments in every run
    pipeline.fill(*DAYS)
    before = clients(pipeline)
    with workers(pipeline) as start:
        for seed in range(KILLS):
            worker = start(seed)
            time.sleep(chosen.uniform(0.02, 0.5))
            os.kill(worker, signal.SIGKILL)
            settle(pipeline, before)
            assert violations(pipeline) == []
    pipeline.fill(*DAYS)
    healed = contents(pipeline)
    assert violations(pipeline) == []
    assert len(healed["raw.sales_orders"]) > 200, "the workers did nothing"  # type: ignore[arg-type]  # a list

    pipeline.forget()
    pipeline.fill(*DAYS)
    assert contents(pipeline) == healed
