"""Whole commands killed at any moment, while a reader looks 20 times a second; the state accumulates.

The long form is `-m slow`.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.resilience.reader import reading
from acme_assets_tests.resilience.test_kill import clients, settle
from acme_assets_tests.support.pipeline import Pipeline, environment
from acme_platform.config.settings import Settings

COMMAND = "run --days 2024-01-01..2024-01-03 --select group:sales"


@pytest.fixture
def settings(settings: Settings, dagster_url: str) -> Settings:
    """With a storage of Dagster's of its own, for the runs of killed commands stay in it."""
    return replace(settings, dagster_url=dagster_url)


@contextmanager
def typing(settings: Settings) -> Iterator[Callable[[], tuple[int, Callable[[], int]]]]:
    """Call to type the command: the number of its process, and how to wait for its exit code."""
    program = [sys.executable, "-m", "acme_assets_tests.support.commands"]
    with subprocess.Popen(
        program, env=environment(settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as mother:
        assert mother.stdin
        assert mother.stdout
        said, heard = mother.stdin, mother.stdout

        def start() -> tuple[int, Callable[[], int]]:
            print(COMMAND, file=said, flush=True)
            return int(heard.readline()), lambda: int(heard.readline())

        try:
            yield start
        finally:
            mother.kill()


@pytest.mark.slow
@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_a_command_that_is_killed_loses_doubles_and_half_shows_nothing(
    settings: Settings, deliveries: Deliveries, kills: int
) -> None:
    """Before each kill a day is delivered again, at another price."""
    chosen = random.Random(20240101)  # noqa: S311  # the same moments in every run
    pipeline = Pipeline(deliveries.services)
    with typing(settings) as start:
        began = time.monotonic()
        _, ended = start()
        assert ended() == 0
        whole = time.monotonic() - began
        before = clients(pipeline)
        with reading(settings) as reader:
            for generation in range(10, 10 + kills):
                deliveries.deliver(chosen.choice(DAYS), generation)
                process, ended = start()
                time.sleep(chosen.uniform(0, whole))
                with suppress(ProcessLookupError):  # it was quicker
                    os.kill(process, signal.SIGKILL)
                assert ended() in {-signal.SIGKILL, 0}
            _, ended = start()
            assert ended() == 0
        settle(pipeline, before)
    assert deliveries.found() == deliveries.truth()
    assert reader.faults == []
    assert reader.looks > kills
    assert len(reader.seen) > 1 + kills / 20, "the commands did nothing that a reader could see"
