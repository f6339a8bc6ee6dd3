"""The drift monitor: no loss stays unseen, and nothing is compared twice while nobody wrote to the server."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis

from acme_assets_tests.serving.test_cache_pairs import NOTES, PAIRS, RANKING, STRANGE, made
from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import FEED, RUN, Pipeline, day
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.fill import ensure_filled
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.serving import drift
from acme_platform.serving.drift_monitor import DriftMonitor
from acme_platform.serving.redis_cache import differing, refresh
from acme_platform.serving.restore import restore
from acme_platform.warehouse.connection import lock

COUNTRY = catalog.table("cache.country")
#: more than one batch, and more than Redis keeps in the order in which it was told
MANY = 2500


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    """MANY countries in Redis."""
    deliver(pipeline.services, 1)
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    pipeline.change(
        "insert into analytics.sales_by_country (day, country, users_counts, registered_customers, order_amount)"
        " select '2024-01-01', 'land ' || n, n, n, n from generate_series(3, 2500) as n"
    )
    pipeline.fill(day(1), layers=("cache",))
    return pipeline


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The last key of each batch that is compared."""
    found: list[str] = []
    really = drift.compared

    def watched(*given: object) -> Iterator[object]:
        for batch in really(*given):  # type: ignore[arg-type]  # as they came
            found.append(batch.last)
            yield batch

    monkeypatch.setattr("acme_platform.serving.drift_monitor.compared", watched)
    return found


def differs(pipeline: Pipeline, monitor: DriftMonitor, seconds: float | None = None) -> bool:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        return monitor.differs(cursor, pipeline.services.keyspace(monitor.table), seconds)


def test_nothing_is_compared_again_before_somebody_wrote(filled: Pipeline, compared: list[str]) -> None:
    """Other tests write to the server as well: a look soon comes that needs no comparison."""
    monitor = DriftMonitor(COUNTRY)
    assert not differs(filled, monitor)
    assert len(compared) == MANY // 1000 + 1
    before, until = 0, time.monotonic() + 60
    while len(compared) > before:
        assert time.monotonic() < until, "every look compared everything"
        before = len(compared)
        assert not differs(filled, monitor)

    filled.services.open_redis().delete("country:land 2000")

    assert differs(filled, monitor)


@pytest.mark.parametrize("place", [0, 1200, MANY - 1])
def test_a_look_that_may_not_take_long_is_gone_on_with_by_the_next(
    filled: Pipeline, compared: list[str], place: int
) -> None:
    """Three batches are three looks, each behind the one before it; then it ends, and begins again."""
    monitor, keys = (
        DriftMonitor(COUNTRY),
        [row["key"] for row in filled.ask("select key from cache.country order by 1")],
    )
    assert [differs(filled, monitor, seconds=0) for _ in range(3)] == [False] * 3
    assert compared == [keys[999], keys[1999], keys[-1]]
    filled.services.open_redis().hset(keys[place], "by", "hand")

    assert True in [differs(filled, monitor, seconds=0) for _ in range(5)]


def test_what_goes_by_itself_is_seen_when_it_went(filled: Pipeline) -> None:
    """A field with a time to live, which Valkey knows since 9."""
    client, monitor = filled.services.open_redis(), DriftMonitor(COUNTRY)
    try:
        client.execute_command("HPEXPIRE", "country:USA", 100, "FIELDS", 1, "users_counts")  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    except redis.ResponseError:
        pytest.skip("this server's fields do not expire")
    until = time.monotonic() + 10
    while not differs(filled, monitor):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_of_a_cache_that_somebody_fills_nothing_is_said(filled: Pipeline) -> None:
    """Between its two commits Redis is ahead of the table."""
    filled.services.open_redis().flushdb()
    monitor = DriftMonitor(COUNTRY)
    with filled.services.open_warehouse().transaction("another run") as cursor:
        lock(cursor, COUNTRY.full_name)
        assert not differs(filled, monitor)
    assert differs(filled, monitor)


def test_a_cache_that_was_never_given_and_one_whose_table_is_gone_do_not_differ(pipeline: Pipeline) -> None:
    pipeline.services.open_redis().set("country:Mu", "sunk")
    assert not differs(pipeline, DriftMonitor(COUNTRY))
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        assert list(differing(cursor, pipeline.services.keyspace(COUNTRY), COUNTRY)) == []


@pytest.mark.slow
def test_a_redis_that_does_not_answer_says_nothing_of_its_keys(filled: Pipeline) -> None:
    services = filled.services
    with closing(redis.Redis(port=1)) as nobody, services.open_warehouse().transaction("test") as cursor:
        services.__dict__["redis"], ours = nobody, services.open_redis()
        assert differing_days(cursor, services, FEED.tables) == {}
        services.__dict__["redis"] = ours


def test_a_red_check_of_a_redis_that_is_well_again_is_a_reason_to_look_once(filled: Pipeline) -> None:
    """It may be of an older day, which nobody fills again."""
    filled.change(
        "insert into ledger.verdicts (table_name, day, check_name, severity, broken_rows, sample, run_id)"
        " values ('cache.country', '2023-12-31', 'redis_equals_table', 'must', 1, '[]', 'run')"
    )
    with filled.services.open_warehouse().transaction("test") as cursor:
        assert differing_days(cursor, filled.services, FEED.tables) == {"cache.country": {day(1)}}
    ensure_filled(filled.services, FEED, COUNTRY, day(1), "another run")
    with filled.services.open_warehouse().transaction("test") as cursor:
        assert differing_days(cursor, filled.services, FEED.tables) == {}


# every shape of a cache


def shapes() -> list[Table]:
    return [
        made("note", "note:*", NOTES),
        made("pair", "pair:*", PAIRS),
        made("ranking", "ranking", RANKING),
        catalog.table("cache.user_interactions"),
    ]


LOSSES: dict[str, Callable[[redis.Redis, str], object]] = {
    "lost": lambda client, key: client.delete(key),
    "a string": lambda client, key: client.set(key, "x"),
    "goes": lambda client, key: client.expire(key, 100),
    "renamed": lambda client, key: client.rename(key, key + "x"),
}


@pytest.mark.few(2)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("table", shapes(), ids=lambda table: table.name)
def test_caches_of_every_shape_are_restored(
    pipeline: Pipeline, table: Table, loss: Callable[[redis.Redis, str], object]
) -> None:
    """Keys, fields, members and values of any text."""
    services = pipeline.services
    interactions = Pipeline(services, catalog.feed("interactions"))
    interactions.deliver(
        "interactions",
        day(1),
        "interaction_id | user_id | product_id | action | timestamp\n1 | 1 | 1 | click | 2024-01-01\n"
        "2 | 2 | 1 | click | 2024-01-01\n3 | 2 | 3 | click | 2024-01-01",
    )
    interactions.fill(day(1), layers=("raw", "staging", "analytics"))
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute("create table strange as select unnest(%s) as text", (list(STRANGE),))
    keyspace = services.keyspace(table)
    refresh(services.open_warehouse(), keyspace, table, day(1), RUN)
    before = dict(keyspace.entries(keyspace.keys()))
    assert before
    assert not differs(interactions, DriftMonitor(table))
    for key in sorted(before):
        loss(services.open_redis(), key)
        assert differs(interactions, DriftMonitor(table))
        assert restore(services.open_warehouse(), keyspace, table, RUN) in (1, 2)
        assert not differs(interactions, DriftMonitor(table))
    assert dict(keyspace.entries(keyspace.keys())) == before
    assert restore(services.open_warehouse(), keyspace, table, RUN) == 0
