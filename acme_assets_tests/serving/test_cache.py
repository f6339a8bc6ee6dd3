"""The cache: Redis says exactly what the newest day says, by the fewest writes, whatever happened to it meanwhile."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import islice

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from acme_assets_tests.support.batches import one_by_one
from acme_assets_tests.support.pipeline import RUN, Pipeline, day
from acme_platform.errors import MendInput, TryAgain
from acme_platform.registry import catalog
from acme_platform.serving.redis_cache import differing, refresh
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.serving.resp import Batch

COUNTRY = catalog.table("cache.country")
WATERMARK = "acme:watermark:country"
CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | USA
2           | Ben           | USA
3           | Cleo          | Peru
4           | Dan           | Cote d'Ivoire
5           | Eve           | 100% [new]* \\ ?
"""
ORDERS = """
order_id | customer_id | order_date | amount
11       | 1           | 2024-01-01 | 10.00
12       | 1           | 2024-01-01 | 5.50
13       | 3           | 2024-01-01 | 1234567890.10
"""
FIRST = {
    "country:USA": {"users_counts": "1", "order_amount": "15.50"},
    "country:Peru": {"users_counts": "1", "order_amount": "1234567890.10"},
    "country:Cote d'Ivoire": {"users_counts": "0", "order_amount": "0.00"},
    "country:100% [new]* \\ ?": {"users_counts": "0", "order_amount": "0.00"},
}
#: Cleo moves to the USA on day 2, so Peru has no customer any more
SECOND = {**FIRST, "country:USA": {"users_counts": "2", "order_amount": "1234567905.60"}}
del SECOND["country:Peru"]


@pytest.fixture
def cached(pipeline: Pipeline) -> Pipeline:
    """Day 1 down to Redis; day 2 ready in analytics."""
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.deliver("customers", day(2), "customer_id | customer_name | country\n3 | Cleo | USA")
    pipeline.fill(day(1))
    pipeline.fill(day(2), layers=("raw", "staging", "analytics"))
    return pipeline


def refreshed(pipeline: Pipeline, number: int) -> tuple[date, int, int]:
    """Refresh to the day: the day that Redis holds then, keys written, keys removed."""
    found = refresh(pipeline.services.open_warehouse(), pipeline.services.keyspace(COUNTRY), COUNTRY, day(number), RUN)
    assert differences(pipeline) == []
    return found.day, found.written, found.removed


def differences(pipeline: Pipeline) -> list[str]:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        return sorted(key for key, _ in differing(cursor, pipeline.services.keyspace(COUNTRY), COUNTRY))


def test_redis_holds_one_hash_a_country_and_nothing_else(cached: Pipeline) -> None:
    assert cached.hashes() == FIRST
    assert set(cached.services.open_redis().keys("*")) == {*FIRST, WATERMARK}


def test_a_refresh_writes_what_changed_and_removes_what_vanished(cached: Pipeline) -> None:
    """A field put in by hand stays where nothing is written."""
    client = cached.services.open_redis()
    for key in FIRST:
        client.hset(key, "touched", "no")
    assert (
        refresh(cached.services.open_warehouse(), cached.services.keyspace(COUNTRY), COUNTRY, day(2), RUN).written == 1
    )
    untouched = {key for key, fields in cached.hashes().items() if "touched" in fields}
    assert untouched == SECOND.keys() - {"country:USA"}
    assert "country:Peru" not in cached.hashes()


@pytest.mark.slow
def test_a_refresh_without_changes_writes_nothing(cached: Pipeline) -> None:
    assert refreshed(cached, 1) == (day(1), 0, 0)
    assert cached.hashes() == FIRST


def test_an_older_day_never_wins(cached: Pipeline) -> None:
    assert refreshed(cached, 2) == (day(2), 1, 1)
    assert refreshed(cached, 1) == (day(2), 0, 0)
    assert cached.hashes() == SECOND


def test_a_corrected_older_day_reaches_redis_through_the_newest(cached: Pipeline) -> None:
    refreshed(cached, 2)
    cached.deliver("orders", day(1), ORDERS.replace("5.50", "6.50"))
    cached.fill(day(1), layers=("raw", "staging", "analytics"))
    cached.fill(day(2), layers=("analytics",))
    assert refreshed(cached, 1) == (day(2), 1, 0)
    assert cached.hashes()["country:USA"] == {"users_counts": "2", "order_amount": "1234567906.60"}


def test_an_emptied_redis_is_complete_after_the_next_refresh(cached: Pipeline) -> None:
    cached.services.open_redis().flushdb()
    assert differences(cached) == sorted(FIRST)
    assert refreshed(cached, 1) == (day(1), 4, 0)
    assert cached.hashes() == FIRST


def test_a_redis_put_back_from_an_older_copy_is_found_and_mended(cached: Pipeline) -> None:
    client = cached.services.open_redis()
    copy = {key: client.dump(key) for key in (*FIRST, WATERMARK)}
    refreshed(cached, 2)
    client.flushdb()
    for key, dumped in copy.items():
        client.restore(key, 0, dumped or b"")
    assert refreshed(cached, 1) == (day(2), 3, 1)
    assert cached.hashes() == SECOND


def test_what_others_wrote_goes_when_redis_is_not_as_it_was_left(cached: Pipeline) -> None:
    """Values of another type too; keys beside the pattern are nobody's business here."""
    client = cached.services.open_redis()
    client.hset("country:Atlantis", "users_counts", "1")
    client.set("country:Mu", "sunk")
    client.hset("country:Peru", "of", "somebody else")
    client.delete("country:USA")
    client.set("country:USA", "a string")
    client.set("countries", "kept")
    assert differences(cached) == ["country:Atlantis", "country:Mu", "country:Peru", "country:USA"]
    client.hset(WATERMARK, "token", "of somebody else")
    assert refreshed(cached, 1) == (day(1), 4, 2)
    assert cached.hashes() == FIRST
    assert client.get("countries") == "kept"


def test_a_redis_ahead_of_the_warehouse_is_not_emptied(cached: Pipeline) -> None:
    """The warehouse was made anew and has not come as far yet: Redis gets the newest day that there is."""
    cached.services.open_redis().hset(WATERMARK, mapping={"token": "of the old warehouse", "day": "2024-01-31"})
    assert refreshed(cached, 1) == (day(1), 4, 0)
    assert cached.hashes() == FIRST
    assert refreshed(cached, 2) == (day(2), 1, 1)


def test_a_day_without_answers_is_refused_and_redis_stays(cached: Pipeline) -> None:
    """An empty newest day would empty Redis, and no older day could fill it again."""
    with pytest.raises(MendInput, match=r"analytics\.sales_by_country of 2024-01-09") as refused:
        refreshed(cached, 9)
    assert "acme run" in refused.value.next_step
    assert cached.hashes() == FIRST
    assert refreshed(cached, 2) == (day(2), 1, 1)


def test_a_key_outside_the_declared_pattern_is_refused(cached: Pipeline) -> None:
    strange = replace(COUNTRY, keys="land:*")
    with pytest.raises(MendInput, match=r"sql/cache/country\.sql makes the key 'country:.*', which is not land:\*"):
        refresh(cached.services.open_warehouse(), cached.services.keyspace(strange), strange, day(2), RUN)
    assert cached.hashes() == FIRST


def test_refreshes_at_the_same_time_leave_the_newest_day(cached: Pipeline) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: cached.fill_table("cache.country", day(number)), [1, 2, 1, 2, 1, 2, 1, 1]))
    assert cached.hashes() == SECOND
    assert differences(cached) == []


class Failing(Keyspace):
    """Loses its way after half of the hashes."""

    def write(self, emptying: Iterable[str], filling: Iterable[Batch], mark: Watermark) -> int:
        def half() -> Iterator[Batch]:
            yield from islice(one_by_one(filling), 2)
            raise TryAgain("lost")

        return super().write(emptying, half(), mark)


def test_a_refresh_that_fails_half_way_leaves_redis_as_it_was(cached: Pipeline) -> None:
    client = cached.services.open_redis()
    client.hset(WATERMARK, "token", "so that everything is written")
    with pytest.raises(TryAgain):
        refresh(cached.services.open_warehouse(), Failing(client, "country", "country:*"), COUNTRY, day(2), RUN)
    assert cached.hashes() == FIRST
    assert refreshed(cached, 2) == (day(2), 3, 1)
    assert cached.hashes() == SECOND


@pytest.fixture
def refusing(redis_url: str) -> Iterator[Keyspace]:
    """A keyspace whose password is wrong."""
    url = redis_url.replace("redis://:", "redis://:canary-").replace("redis://default:", "redis://default:canary-")
    assert "canary" in url
    with closing(redis.Redis.from_url(url, decode_responses=True)) as client:
        yield Keyspace(client, "country", "country:*")


def test_a_wrong_password_is_not_tried_again_and_not_shown(cached: Pipeline, refusing: Keyspace) -> None:
    with pytest.raises(MendInput) as refused:
        refresh(cached.services.open_warehouse(), refusing, COUNTRY, day(2), RUN)
    assert "canary" not in str(refused.value)


def test_a_redis_that_is_away_is_tried_again_and_nothing_is_taken_for_done(cached: Pipeline) -> None:
    with closing(redis.Redis(port=1, retry=Retry(NoBackoff(), 0))) as nobody, pytest.raises(TryAgain):
        refresh(cached.services.open_warehouse(), Keyspace(nobody, "country", "country:*"), COUNTRY, day(2), RUN)
    assert cached.hashes() == FIRST
    assert refreshed(cached, 2) == (day(2), 1, 1)
