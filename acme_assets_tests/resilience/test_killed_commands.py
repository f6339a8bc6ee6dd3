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

from acme_assets_tests.resilience.generations import COUNTRIES, DAYS, Deliveries, Reader, reading
from acme_assets_tests.resilience.test_kill import clients, settle
from acme_assets_tests.support.pipeline import Pipeline, day, environment
from acme_platform.config.settings import Settings
from acme_platform.services import Services

COMMAND = "run --days 2024-01-01..2024-01-03 --select group:sales"


@pytest.fixture
def settings(settings: Settings, dagster_url: str) -> Settings:
    """With a storage of Dagster's of its own, for the runs of killed commands stay in it."""
    return replace(settings, dagster_url=dagster_url)


@pytest.fixture
def deliveries(services: Services) -> Deliveries:
    made = Deliveries(services)
    for number in DAYS:
        made.deliver(number, number)
    return made


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
    assert reader.mixtures == []
    assert reader.looks > kills
    assert len(reader.seen) > kills / 8, "the commands did nothing that a reader could see"


@pytest.fixture
def filled(deliveries: Deliveries) -> Deliveries:
    Pipeline(deliveries.services).fill(*(day(number) for number in DAYS))
    assert deliveries.found() == deliveries.truth()
    return deliveries


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update raw.sales_orders set amount = '99' where order_id = '1001'", "raw of 2024-01-01"),
        ("delete from raw.sales_orders where order_id = '1001'", "raw of 2024-01-01"),
        ("update staging.sales_orders set amount = 99 where order_id = 2001", "staging of 2024-01-02"),
        ("delete from staging.sales_orders where order_id = 2001", "staging of 2024-01-02"),
        ("delete from analytics.customer_orders where customer_id = 7", "customers of 2024-01-01"),
        ("update analytics.customer_orders set order_amount = 99 where customer_id = 7", "customers of 2024-01-01"),
        ("delete from analytics.sales_by_country where country = 'Peru'", "countries of 2024-01-01"),
        ("update analytics.sales_by_country set order_amount = 1 where country = 'Peru'", "countries of 2024-01-01"),
    ],
)
def test_the_reader_sees_a_mixture_where_there_is_one_and_the_truth_is_missed(
    filled: Deliveries, statement: str, place: str
) -> None:
    """The negative control: what cannot turn red proves nothing."""
    Pipeline(filled.services).change(statement)
    reader = Reader(filled.services)
    reader.look()
    assert place in " ".join(reader.mixtures)
    assert filled.found() != filled.truth()


@pytest.mark.parametrize("half", ["one key gone", "one field changed"])
def test_the_reader_sees_half_of_redis(filled: Deliveries, half: str) -> None:
    key = f"country:{COUNTRIES[0]}"
    redis = filled.services.redis
    redis.delete(key) if half == "one key gone" else redis.hset(key, "order_amount", "1.00")
    reader = Reader(filled.services)
    reader.look()
    assert [one.partition(":")[0] for one in reader.mixtures] == ["redis"]
    assert filled.found() != filled.truth()


def test_the_truth_is_missed_where_a_row_is_there_twice(filled: Deliveries) -> None:
    """A staging row of another day, and a raw row as a second file."""
    Pipeline(filled.services).change(
        "insert into staging.sales_orders select order_id, day + 2, valid_to, customer_id, order_date, amount"
        " from staging.sales_orders where order_id = 1001"
    )
    assert filled.found()["staging"] != filled.truth()["staging"]
