"""Readers of the cache see the state before a refresh or the state after it, and nothing between."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pytest
import redis

from acme_assets_tests.support.batches import one_by_one
from acme_assets_tests.support.pipeline import RUN, Pipeline, day, environment
from acme_platform.registry import catalog
from acme_platform.serving.redis_cache import refresh
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.serving.resp import Batch

COUNTRY = catalog.table("cache.country")
#: what two states of 200 countries sum to: 1.00 for each of 0..199, or 3.00 for each of 100..299
STATES = {(200, Decimal("200.00")), (200, Decimal("600.00"))}
INSERTS = (
    "insert into analytics.sales_by_country select '2024-01-01', n, 1, 9, 1 from generate_series(0, 199) as n",
    "insert into analytics.sales_by_country select '2024-01-01', n, 3, 9, 3 from generate_series(100, 299) as n",
)
HALVES = ({"users_counts": "1", "order_amount": "1.00"}, {"users_counts": "3", "order_amount": "3.00"})
HELD = "(select order_amount, count(*) as countries from cache.country group by 1) as held"
SUM = """
local keys, cents = redis.call('KEYS', 'country:*'), 0
for _, key in ipairs(keys) do cents = cents + 100 * redis.call('HGET', key, 'order_amount') end
return {#keys, cents}
"""


@pytest.fixture
def answered(pipeline: Pipeline) -> Pipeline:
    pipeline.fill(day(1))
    return pipeline


def turn(pipeline: Pipeline, number: int, keyspace: Keyspace) -> None:
    """Give the day one of the two states and refresh; every third time Redis is as if somebody had changed it."""
    pipeline.change("delete from analytics.sales_by_country", INSERTS[number % 2])
    if number % 3 == 0:
        pipeline.services.open_redis().hset(keyspace.watermark_key, "token", "of somebody else")
    refresh(pipeline.services.open_warehouse(), keyspace, COUNTRY, day(1), RUN)


def by_script(client: redis.Redis) -> set[object]:
    keys, cents = client.eval(SUM, 0)
    return {(keys, Decimal(cents) / 100)}


def by_transaction(client: redis.Redis) -> set[object]:
    with client.pipeline(transaction=True) as together:
        for number in range(300):
            together.hget(f"country:{number}", "order_amount")
        amounts = [Decimal(amount) for amount in together.execute() if amount is not None]
    return {(len(amounts), sum(amounts))}


def by_key(client: redis.Redis) -> set[object]:
    """One hash at a time: each is one of its two states."""
    return {tuple(sorted(client.hgetall(f"country:{number}").items())) for number in (50, 150, 250)}


@contextmanager
def reading(url: str, *ways: Callable[[redis.Redis], set[object]]) -> Iterator[list[set[object]]]:
    """Everything that is seen meanwhile, each way in a thread that asks as fast as it can."""
    over = threading.Event()

    def read(way: Callable[[redis.Redis], set[object]]) -> set[object]:
        seen: set[object] = set()
        with closing(redis.Redis.from_url(url, decode_responses=True)) as client:
            while not over.is_set():
                seen |= way(client)
        return seen

    found: list[set[object]] = []
    with ThreadPoolExecutor(len(ways)) as pool:
        readers = [pool.submit(read, way) for way in ways]
        try:
            yield found
        finally:
            over.set()
        found.extend(reader.result() for reader in readers)


@pytest.mark.slow
def test_readers_see_one_state_or_the_other(answered: Pipeline, redis_url: str) -> None:
    keyspace = answered.services.keyspace(COUNTRY)
    turn(answered, 0, keyspace)
    with reading(redis_url, by_script, by_transaction, by_key) as seen:
        for number in range(1, 40):
            turn(answered, number, keyspace)
    whole = {tuple(sorted(half.items())) for half in HALVES}
    assert seen == [STATES, STATES, {(), *whole}]


@dataclass(frozen=True)
class Careless(Keyspace):
    """Writes key by key."""

    def write(self, emptying: Iterable[str], filling: Iterable[Batch], mark: Watermark) -> int:
        for key in emptying:
            super().write([key], [], mark)
        return sum(super(Careless, self).write([], [command], mark) for command in one_by_one(filling))


@pytest.mark.slow
def test_the_readers_would_see_half_a_refresh(answered: Pipeline, redis_url: str) -> None:
    """The control: with a writer that takes no care they do."""
    keyspace = Careless(answered.services.open_redis(), COUNTRY.name, COUNTRY.keys)
    with reading(redis_url, by_script, by_transaction) as seen:
        for number in range(4):
            turn(answered, number, keyspace)
    assert all(states - STATES - {(0, Decimal(0))} for states in seen)


DYING = """
import os, signal, sys
from datetime import date
from acme_assets_tests.support.batches import one_by_one
from acme_platform.registry import catalog
from acme_platform.serving.redis_cache import refresh
from acme_platform.serving.redis_keyspace import Keyspace
from acme_platform.services import Services
from acme_platform.config.settings import Settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying(Keyspace):
    def write(self, emptying, filling, mark):
        if sys.argv[1] == "after EXEC":
            super().write(emptying, filling, mark)
            die()
        dying = (die() if "country:150" in one[0] else one for one in one_by_one(filling))
        return super().write(emptying, dying, mark)

services, table = Services(Settings.from_env()), catalog.table("cache.country")
cache = Dying(services.open_redis(), table.name, table.keys)
refresh(services.open_warehouse(), cache, table, date(2024, 1, 1), "dying")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "held"), [("before EXEC", "1.00"), ("after EXEC", "3.00")])
def test_a_refresh_killed_leaves_one_state_and_the_next_one_mends(answered: Pipeline, moment: str, held: str) -> None:
    keyspace = answered.services.keyspace(COUNTRY)
    turn(answered, 0, keyspace)
    answered.change("update analytics.sales_by_country set users_counts = 3, order_amount = 3")
    killed = subprocess.run(
        [sys.executable, "-c", DYING, moment], env=environment(answered.services.settings), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert {fields["order_amount"] for fields in answered.hashes().values()} == {held}
    answered.expect(HELD, "order_amount | countries\n1.00 | 200")

    refresh(answered.services.open_warehouse(), keyspace, COUNTRY, day(1), RUN)
    assert {fields["order_amount"] for fields in answered.hashes().values()} == {"3.00"}
    answered.expect(HELD, "order_amount | countries\n3.00 | 200")
