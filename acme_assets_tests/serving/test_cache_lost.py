"""What Redis lost, or others put there, is as the table says after the next look; nobody has to do anything."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest
import redis

from acme_assets_tests.support.days import deliver_orders, settle
from acme_assets_tests.support.drawn_ledger import DrawnLedger
from acme_assets_tests.support.pipeline import FEED, RUN, Pipeline, day, environment
from acme_assets_tests.support.ticking import Platform
from acme_platform.errors import BlockedByCheck, MendInput, TryAgain
from acme_platform.ledger import failures
from acme_platform.ledger.staleness import outlook
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.fill import ensure_filled
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving import redis_cache
from acme_platform.serving.restore import restore
from acme_platform.warehouse.connection import lock

COUNTRY = catalog.table("cache.country")
WATERMARK = "acme:watermark:country"
CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | USA
2           | Bob           | Norway
3           | Cleo          | Cote d'Ivoire
4           | Dan           | 100% [new]* \\ ?
5           | Eve           | 日本 🦊
"""
WHOLE = {
    "country:USA": {"users_counts": "1", "order_amount": "10.00"},
    "country:Norway": {"users_counts": "0", "order_amount": "0.00"},
    "country:Cote d'Ivoire": {"users_counts": "0", "order_amount": "0.00"},
    "country:100% [new]* \\ ?": {"users_counts": "0", "order_amount": "0.00"},
    "country:日本 🦊": {"users_counts": "0", "order_amount": "0.00"},
}
#: keys of no text: bytes that are no UTF-8, half a character, a surrogate, NUL, ends of lines
BYTES = (b"country:\xff\xfe", b"country:\xe6\x97", b"country:\xed\xa0\x80", b"country:\0", b"country:\r\n*1\r\n")
Harm = Callable[[redis.Redis], object]


def foreign_bytes(client: redis.Redis) -> list[object]:
    return [client.hset(key, "users_counts", "1") for key in BYTES]


def replaced(client: redis.Redis, *command: str | bytes) -> None:
    client.delete("country:USA")
    client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped


HARMS: dict[str, Harm] = {
    "a key": lambda client: client.delete("country:USA"),
    "two keys": lambda client: client.delete("country:日本 🦊", "country:100% [new]* \\ ?"),
    "every key but the watermark": lambda client: client.delete(*WHOLE),
    "all of it": lambda client: client.flushdb(),
    "a field": lambda client: client.hdel("country:USA", "order_amount"),
    "a value": lambda client: client.hset("country:USA", "order_amount", "11.00"),
    "a value of other bytes": lambda client: client.hset("country:USA", "order_amount", b"\xff\0"),
    "a field too many": lambda client: client.hset("country:USA", "by", "hand"),
    "a field of other bytes": lambda client: client.hset("country:USA", b"\xff", "hand"),
    "a key renamed": lambda client: client.rename("country:USA", "country:Usa"),
    "a key beside the pattern now": lambda client: client.rename("country:USA", "countries"),
    "a key that soon goes": lambda client: client.expire("country:USA", 1000),
    "a key that is a string": lambda client: replaced(client, "SET", "country:USA", "x"),
    "a key that is a list": lambda client: replaced(client, "RPUSH", "country:USA", "users_counts", "1"),
    "a key that is a sorted set": lambda client: replaced(client, "ZADD", "country:USA", "1", "users_counts"),
    "a foreign hash": lambda client: client.hset("country:Atlantis", "users_counts", "1"),
    "a foreign string": lambda client: client.set("country:Atlantis", "sunk"),
    "many foreign keys": lambda client: client.mset({f"country:{n}": "x" for n in range(3000)}),
    "foreign keys of no text": foreign_bytes,
    "one lost and one foreign": lambda client: (client.delete("country:USA"), client.set("country:Mu", "x")),
    "the watermark": lambda client: client.delete(WATERMARK),
    "the watermark's day": lambda client: client.hdel(WATERMARK, "day"),
    "the watermark's token": lambda client: client.hdel(WATERMARK, "token"),
    "a watermark of no day": lambda client: client.hset(WATERMARK, "day", "soon"),
    "a watermark of other bytes": lambda client: client.hset(WATERMARK, mapping={"day": b"\xff", "token": b"\xfe"}),
    "a watermark of somebody else": lambda client: client.hset(WATERMARK, "token", "x"),
    "a watermark that is a string": lambda client: (client.delete(WATERMARK), client.set(WATERMARK, "x")),
    "a watermark that soon goes": lambda client: client.expire(WATERMARK, 1000),
    "a watermark and a key": lambda client: client.delete(WATERMARK, "country:USA"),
    "a watermark, beside foreign keys of no text": lambda client: (client.delete(WATERMARK), foreign_bytes(client)),
}


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    """Day 1 down to Redis, nothing left to do."""
    settle(pipeline.services, pipeline.deliver("customers", day(1), CUSTOMERS))
    deliver_orders(pipeline.services, 1)
    pipeline.fill(day(1))
    assert differing(pipeline.services) == {}
    return pipeline


def differing(services: Services) -> dict[str, set[date]]:
    with services.open_warehouse().transaction("test") as cursor:
        return differing_days(cursor, services, FEED.tables)


def wait_for_lock(services: Services) -> None:
    """PostgreSQL sees a killed client a moment later, and nobody judges a cache while somebody seems to write it."""
    with services.open_warehouse().transaction("test") as cursor:
        lock(cursor, COUNTRY.full_name)


def expect_whole(services: Services) -> None:
    """Keys, fields, types, nothing that goes by itself, and a watermark of ours."""
    client = services.open_redis()
    with services.open_warehouse().transaction("test") as cursor:
        assert list(redis_cache.differing(cursor, services.keyspace(COUNTRY), COUNTRY)) == []
        token, held = redis_cache.last_refresh(cursor, COUNTRY)
    assert Pipeline(services).hashes() == WHOLE
    assert (client.hget(WATERMARK, "token"), client.hget(WATERMARK, "day")) == (token, str(held))
    assert held == day(1)
    assert {client.ttl(key) for key in (*WHOLE, WATERMARK)} == {-1}


@pytest.mark.few(2)
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_was_lost_is_seen_and_there_again_when_the_day_is_filled(filled: Pipeline, harm: Harm) -> None:
    """Though the day stands in the ledger: it is left as it is, for the answers are what they were."""
    harm(filled.services.open_redis())
    assert differing(filled.services) == {"cache.country": {day(1)}}

    found = ensure_filled(filled.services, FEED, COUNTRY, day(1), "another run")

    assert found.unchanged_since == RUN
    expect_whole(filled.services)
    assert differing(filled.services) == {}


@pytest.mark.slow
def test_the_sensor_asks_for_a_run_of_the_cache_alone_as_often_as_something_is_lost(platform: Platform) -> None:
    settle(platform.services, Pipeline(platform.services).deliver("customers", day(1), CUSTOMERS))
    deliver_orders(platform.services, 1)
    assert platform.launch(platform.arrivals().run_requests or []) == [True]
    for what in ("a key", "a key", "a key", "a key", "all of it", "foreign keys of no text"):
        assert platform.refresh().run_requests == []
        HARMS[what](platform.services.open_redis())

        requests = platform.refresh().run_requests or []

        assert [request.asset_selection for request in requests] == [[dg.AssetKey(["cache", "country"])]]
        assert platform.launch(requests) == [True]
        expect_whole(platform.services)


@pytest.mark.slow
def test_what_was_lost_comes_back_beside_a_run_of_the_feed_and_is_asked_for_once(platform: Platform) -> None:
    """A range of a year may take hours, and the cache is its last table."""
    settle(platform.services, Pipeline(platform.services).deliver("customers", day(1), CUSTOMERS))
    deliver_orders(platform.services, 1)
    asked = platform.arrivals().run_requests or []
    assert platform.launch(asked) == [True]
    platform.pretend(asked, dg.DagsterRunStatus.STARTED)
    assert not platform.refresh().run_requests
    platform.services.open_redis().flushdb()

    requests = platform.refresh().run_requests or []

    assert [request.asset_selection for request in requests] == [[dg.AssetKey(["cache", "country"])]]
    platform.pretend(requests, dg.DagsterRunStatus.STARTED)
    assert platform.refresh().run_requests == []


def test_what_was_lost_comes_back_over_a_red_check(filled: Pipeline) -> None:
    """New contents wait for it; what Redis had does not."""
    services = filled.services
    DrawnLedger(services).red("countries", 1)
    services.open_redis().flushdb()
    with pytest.raises(BlockedByCheck):
        ensure_filled(services, FEED, COUNTRY, day(1), "another run")
    expect_whole(services)


@pytest.mark.parametrize("error", [TryAgain("Redis was not ready"), MendInput("too much would be lost")])
def test_what_was_lost_waits_for_no_pause_after_a_failure(filled: Pipeline, error: Exception) -> None:
    """The pause was for a Redis that did not answer, and now it does."""
    services = filled.services
    failures.attempt(services.open_warehouse(), COUNTRY, "run").failed([day(1)], error)
    services.open_redis().flushdb()
    with services.open_warehouse().transaction("test") as cursor:
        feed_outlook = outlook(cursor, FEED, services.settings.first_day, differing_days(cursor, services, FEED.tables))
    assert feed_outlook.due("cache.country") == {day(1)}


def test_what_was_lost_comes_back_though_new_answers_wait_and_never_over_a_newer_day(filled: Pipeline) -> None:
    """A refresh that died between its two commits left the newer one in Redis."""
    client = filled.services.open_redis()
    client.hset(WATERMARK, mapping={"day": "2024-01-02", "token": "of a refresh that died"})
    client.hset("country:USA", "users_counts", "2")
    assert restore(filled.services.open_warehouse(), filled.services.keyspace(COUNTRY), COUNTRY, RUN) == 0
    assert client.hget("country:USA", "users_counts") == "2"


DYING = """
import os, signal, sys
from acme_assets_tests.support.batches import one_by_one
from acme_platform.registry import catalog
from acme_platform.serving.redis_keyspace import Keyspace
from acme_platform.serving.restore import restore
from acme_platform.services import Services
from acme_platform.config.settings import Settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying(Keyspace):
    def write(self, emptying, filling, mark):
        if sys.argv[1] == "after EXEC":
            super().write(emptying, filling, mark)
            die()
        dying = (die() if "Norway" in one[0] else one for one in one_by_one(filling))
        return super().write(emptying, dying, mark)

services, table = Services(Settings.from_env()), catalog.table("cache.country")
restore(services.open_warehouse(), Dying(services.open_redis(), table.name, table.keys), table, "dying")
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before EXEC", "after EXEC"])
def test_killed_while_it_restores_it_is_seen_and_restored_by_the_next(filled: Pipeline, moment: str) -> None:
    """Before EXEC Redis is as it was, behind it whole."""
    services = filled.services
    services.open_redis().delete("country:USA", "country:Norway")
    killed = subprocess.run([sys.executable, "-c", DYING, moment], env=environment(services.settings), check=False)
    assert killed.returncode == -signal.SIGKILL
    wait_for_lock(services)
    assert len(filled.hashes()) == (len(WHOLE) if moment == "after EXEC" else len(WHOLE) - 2)
    assert differing(services) == {"cache.country": {day(1)}}
    ensure_filled(services, FEED, COUNTRY, day(1), "another run")
    expect_whole(services)
