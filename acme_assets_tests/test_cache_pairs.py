"""Caches of which many rows make up one key: hashes whose fields the data names, and sorted sets."""

import pytest

from acme_assets import catalog
from acme_assets.cache import Refreshed, differing, refresh
from acme_assets.services import Services
from acme_assets.sqlfile import SqlFile
from acme_assets.table import Table, cache
from acme_assets_tests.pipeline import RUN, Pipeline, day

HEADER = "interaction_id | user_id | product_id | action | timestamp"
FIRST = f"""
{HEADER}
1 | 1 | 1 | click | 2024-01-01
2 | 1 | 2 | click | 2024-01-01
3 | 1 | 2 | hover | 2024-01-01
4 | 2 | 1 | click | 2024-01-01
5 | 3 | 9 | click | 2024-01-01
"""
#: user 1 has one more of product 2, and what user 3 did was done by user 4
SECOND = f"""
{HEADER}
6 | 1 | 2 | click | 2024-01-02
5 | 4 | 9 | click | 2024-01-01
"""
USERS = catalog.table("cache.user_interactions")
RANKING = SqlFile(
    "cache",
    "ranking",
    """-- One row is one member of the sorted set ranking: a product and its interactions, and half of one for looks.
create table cache.ranking (
    key text not null,          -- always ranking
    member text not null,       -- the product_id
    score numeric not null,     -- how often
    primary key (key, member)
);

select
    'ranking' as key,
    product_id::text as member,
    interaction_count + 0.5 as score
from analytics.top_products
where day = %(day)s
""",
)


@pytest.fixture
def ranking() -> Table:
    table = cache("ranking", keys="ranking")
    table.__dict__["sql"] = RANKING
    return table


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    """Two days down to analytics."""
    interactions = Pipeline(services, catalog.feed("interactions"))
    interactions.deliver("interactions", day(1), FIRST)
    interactions.deliver("interactions", day(2), SECOND)
    interactions.fill(day(1), day(2), layers=("raw", "staging", "analytics"))
    return interactions


def refreshed(pipeline: Pipeline, table: Table, number: int) -> Refreshed:
    return refresh(pipeline.services.warehouse, pipeline.services.keyspace(table), table, day(number), RUN)


def different(pipeline: Pipeline, table: Table) -> dict[str, dict[str, str]]:
    with pipeline.services.warehouse.transaction("test") as at:
        found = differing(at, pipeline.services.keyspace(table), table)
        return {key: dict(held) for key, held in found}


def test_the_rows_of_a_key_are_one_hash_and_only_changed_keys_are_written(pipeline: Pipeline) -> None:
    first = refreshed(pipeline, USERS, 1)
    assert (first.keys, first.written, first.removed) == (3, 3, 0)
    assert pipeline.hashes("user:*") == {
        "user:1:interactions": {"1": "1", "2": "2"},
        "user:2:interactions": {"1": "1"},
        "user:3:interactions": {"9": "1"},
    }
    second = refreshed(pipeline, USERS, 2)
    assert (second.keys, second.written, second.removed) == (3, 2, 1)
    assert pipeline.hashes("user:*") == {
        "user:1:interactions": {"1": "1", "2": "3"},
        "user:2:interactions": {"1": "1"},
        "user:4:interactions": {"9": "1"},
    }
    assert refreshed(pipeline, USERS, 2).written == 0
    assert different(pipeline, USERS) == {}


def test_a_key_that_only_lost_a_field_is_written_whole(pipeline: Pipeline) -> None:
    refreshed(pipeline, USERS, 2)
    pipeline.deliver("interactions", day(1), FIRST.replace("1 | 1 | 1 | click", "1 | 2 | 1 | click"))
    pipeline.fill(day(1), day(2), layers=("raw", "staging", "analytics"))
    assert refreshed(pipeline, USERS, 2).written == 2
    assert pipeline.hashes("user:*")["user:1:interactions"] == {"2": "3"}
    assert pipeline.hashes("user:*")["user:2:interactions"] == {"1": "2"}
    assert different(pipeline, USERS) == {}


def test_the_rows_of_a_key_are_one_sorted_set(pipeline: Pipeline, ranking: Table) -> None:
    client = pipeline.services.redis
    first = refreshed(pipeline, ranking, 1)
    assert (first.keys, first.written, first.removed) == (1, 1, 0)
    assert client.zrange("ranking", 0, -1, desc=True, withscores=True) == [("2", 2.5), ("1", 2.5), ("9", 1.5)]
    assert refreshed(pipeline, ranking, 2).written == 1
    assert client.zrange("ranking", 0, -1, desc=True, withscores=True) == [("2", 3.5), ("1", 2.5), ("9", 1.5)]
    assert refreshed(pipeline, ranking, 2).written == 0
    assert different(pipeline, ranking) == {}


def test_what_others_did_to_a_sorted_set_is_seen_and_mended(pipeline: Pipeline, ranking: Table) -> None:
    client = pipeline.services.redis
    refreshed(pipeline, ranking, 1)
    client.zincrby("ranking", 1, "9")
    assert different(pipeline, ranking) == {"ranking": {"1": "2.5", "2": "2.5", "9": "2.5"}}
    client.delete("ranking")
    assert different(pipeline, ranking) == {"ranking": {}}
    client.hset("ranking", "a", "hash")
    assert "WRONGTYPE" in different(pipeline, ranking)["ranking"]["error"]
    client.hset("acme:watermark:ranking", "token", "of somebody else")
    refreshed(pipeline, ranking, 1)
    assert client.zscore("ranking", "9") == 1.5
    assert different(pipeline, ranking) == {}
