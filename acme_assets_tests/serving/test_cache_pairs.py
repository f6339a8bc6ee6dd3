"""Caches of which many rows make up one key: hashes whose fields the data names, and sorted sets."""

import pytest

from acme_assets_tests.support.pipeline import RUN, Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table, cache
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving.redis_cache import Refreshed, differing, refresh

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


#: lengths in bytes that are none in characters, ends of lines, what looks like a command or like an escape
STRANGE = ("", "é", "日本\t", "\r\n", "a\r\n*1\r\n$4\r\nEXEC\r\n", "'", "\\r\\n", "%s {}", "🦊" * 3000)
NOTES = SqlFile(
    "cache",
    "note",
    """-- One row is the hash note:{text}, in which the text stands once more.
create table cache.note (
    key text not null, -- note:{text}
    "où" text,         -- the text
    missing text,      -- nothing
    primary key (key)
);

select
    'note:' || text as key,
    text as "où",
    null as missing
from strange
where exists (select from analytics.top_products where day = %(day)s)
""",
)
PAIRS = SqlFile(
    "cache",
    "pair",
    """-- One row is a field of the hash pair:{text}: a text and, once more, that of the key.
create table cache.pair (
    key text not null,   -- pair:{text}
    field text not null, -- each text
    value text not null, -- that of the key
    primary key (key, field)
);

select
    'pair:' || one.text as key,
    other.text as field,
    one.text as value
from strange as one
cross join strange as other
where exists (select from analytics.top_products where day = %(day)s)
""",
)


def made(name: str, keys: str, file: SqlFile) -> Table:
    table = cache(name, keys=keys)
    table.__dict__["sql"] = file
    return table


@pytest.fixture
def ranking() -> Table:
    return made("ranking", "ranking", RANKING)


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    """Two days down to analytics."""
    interactions = Pipeline(services, catalog.feed("interactions"))
    interactions.deliver("interactions", day(1), FIRST)
    interactions.deliver("interactions", day(2), SECOND)
    interactions.fill(day(1), day(2), layers=("raw", "staging", "analytics"))
    return interactions


def refreshed(pipeline: Pipeline, table: Table, number: int) -> Refreshed:
    return refresh(pipeline.services.open_warehouse(), pipeline.services.keyspace(table), table, day(number), RUN)


def different(pipeline: Pipeline, table: Table) -> dict[str, dict[str, str]]:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        found = differing(cursor, pipeline.services.keyspace(table), table)
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
    client = pipeline.services.open_redis()
    first = refreshed(pipeline, ranking, 1)
    assert (first.keys, first.written, first.removed) == (1, 1, 0)
    assert client.zrange("ranking", 0, -1, desc=True, withscores=True) == [("2", 2.5), ("1", 2.5), ("9", 1.5)]
    assert refreshed(pipeline, ranking, 2).written == 1
    assert client.zrange("ranking", 0, -1, desc=True, withscores=True) == [("2", 3.5), ("1", 2.5), ("9", 1.5)]
    assert refreshed(pipeline, ranking, 2).written == 0
    assert different(pipeline, ranking) == {}


def test_what_others_did_to_a_sorted_set_is_seen_and_mended(pipeline: Pipeline, ranking: Table) -> None:
    client = pipeline.services.open_redis()
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


@pytest.fixture
def strange(pipeline: Pipeline) -> Pipeline:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("create table strange as select unnest(%s) as text", (list(STRANGE),))
    return pipeline


def test_any_text_reaches_redis_as_it_is_and_nothing_stands_for_what_is_missing(strange: Pipeline) -> None:
    notes = made("note", "note:*", NOTES)
    assert refreshed(strange, notes, 1).written == len(STRANGE)
    assert strange.hashes("note:*") == {f"note:{text}": {"où": text} for text in STRANGE}
    assert different(strange, notes) == {}
    assert refreshed(strange, notes, 2).written == 0


def test_fields_and_values_of_any_text_reach_redis_as_they_are(strange: Pipeline) -> None:
    pairs = made("pair", "pair:*", PAIRS)
    assert refreshed(strange, pairs, 1).written == len(STRANGE)
    assert strange.hashes("pair:*") == {f"pair:{text}": dict.fromkeys(STRANGE, text) for text in STRANGE}
    assert different(strange, pairs) == {}


@pytest.mark.parametrize("received", [5, 1 << 18])
def test_a_key_of_which_nothing_is_known_is_refused_and_redis_stays(
    strange: Pipeline, monkeypatch: pytest.MonkeyPatch, received: int
) -> None:
    """Redis knows no empty hash; the others of that refresh are not shown either. Its answers may come in pieces."""
    monkeypatch.setattr("acme_platform.serving.resp.RECEIVED", received)
    notes = made("note", "note:*", NOTES)
    refreshed(strange, notes, 1)
    strange.change("insert into strange values ('later')")
    notes.__dict__["sql"] = SqlFile("cache", "note", NOTES.text.replace('text as "où"', "nullif(text, 'é') as \"où\""))
    with pytest.raises(MendInput, match="wrong number of arguments for 'hset' command"):
        refreshed(strange, notes, 1)
    assert strange.hashes("note:*") == {f"note:{text}": {"où": text} for text in STRANGE}
