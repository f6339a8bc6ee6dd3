"""A cache that would lose most of what Redis holds is not written until a person says that it is meant."""

from dataclasses import replace
from datetime import date

import pytest

from acme_assets_tests.support.days import deliver, one
from acme_assets_tests.support.pipeline import FEED, RUN, Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.ledger.staleness import outlook
from acme_platform.materialize.cache_lag import cache_age
from acme_platform.materialize.fill import ensure_filled
from acme_platform.materialize.wipe import made_of, wipe
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Table
from acme_platform.monitoring import problems
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.serving.loss import Loss
from acme_platform.serving.redis_cache import refresh

COUNTRY = catalog.table("cache.country")
ALLOW = "acme run --select cache/country --days 2024-01-02 --accept-loss"


@pytest.mark.parametrize(
    ("keys", "gone", "parts", "left", "share", "is_too_much"),
    [
        (249, 249, 249, 0, 0.5, True),
        (249, 125, 249, 124, 0.5, True),
        (248, 124, 248, 124, 0.5, False),
        (2, 1, 2, 1, 0.5, False),
        (1, 1, 1, 0, 0.5, True),
        (1, 0, 1, 1, 0.5, False),
        (0, 0, 0, 5, 0.5, False),
        (4, 3, 4, 4, 0.5, True),  # others came in their place
        (1, 0, 100, 49, 0.5, True),  # one hash, or one sorted set, of a hundred
        (1, 0, 100, 50, 0.5, False),
        (10, 1, 10, 9, 0, True),
        (10, 10, 10, 0, 1, False),
    ],
)
def test_more_than_the_share_is_too_much(
    keys: int, gone: int, parts: int, left: int, share: float, *, is_too_much: bool
) -> None:
    assert Loss(keys, gone, parts, left).exceeds(share) == is_too_much


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    """Day 1 with the countries A, B, C and D down to Redis; day 2 ready in analytics, with the same."""
    deliver(pipeline.services, 1, 2)
    pipeline.fill(day(1), day(2), layers=("raw", "staging", "analytics"))
    for number in (1, 2):
        answers(pipeline, number, "ABCD")
    pipeline.fill(day(1), layers=("cache",))
    assert held(pipeline) == "ABCD"
    return pipeline


def answers(pipeline: Pipeline, number: int, countries: str) -> None:
    """The day's answers are these countries."""
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("delete from analytics.sales_by_country where day = %s", (day(number),))
        cursor.execute(
            "insert into analytics.sales_by_country (day, country, users_counts, registered_customers, order_amount)"
            " select %s, country, 1, 1, %s from unnest(%s::text[]) as country",
            (day(number), number, list(countries)),
        )


def held(pipeline: Pipeline) -> str:
    return "".join(sorted(key.removeprefix("country:") for key in pipeline.hashes()))


def refreshed(pipeline: Pipeline, table: Table = COUNTRY) -> None:
    refresh(pipeline.services.open_warehouse(), pipeline.services.keyspace(table), table, day(2), RUN)


@pytest.mark.parametrize(
    ("countries", "after"),
    [("ABCDE", "ABCDE"), ("AB", "AB"), ("ABXY", "ABXY"), ("A", "ABCD"), ("", "ABCD"), ("AXYZ", "ABCD")],
)
def test_a_refresh_over_it_is_refused_and_redis_stays(filled: Pipeline, countries: str, after: str) -> None:
    answers(filled, 2, countries)
    if after == countries:
        refreshed(filled)
    else:
        with pytest.raises(MendInput, match=r"cache\.country of 2024-01-02 would take . of the 4 keys country:\*"):
            refreshed(filled)
    assert held(filled) == after
    assert filled.ask("select count(*) as keys from cache.country") == [{"keys": len(after)}]


@pytest.mark.parametrize(("may_lose", "countries", "after"), [(0.1, "ABC", "ABCD"), (1, "", "")])
def test_a_table_says_itself_how_much_it_may_lose(
    filled: Pipeline, may_lose: float, countries: str, after: str
) -> None:
    answers(filled, 2, countries)
    table = replace(COUNTRY, may_lose=may_lose)
    if after == countries:
        refreshed(filled, table)
    else:
        with pytest.raises(MendInput, match="more than 10% go only if that is meant"):
            refreshed(filled, table)
    assert held(filled) == after


@pytest.mark.parametrize("is_flushed", [True, False])
def test_what_redis_does_not_have_is_not_lost(filled: Pipeline, *, is_flushed: bool) -> None:
    """And neither are keys of others, however many."""
    answers(filled, 2, "AB")
    if is_flushed:
        answers(filled, 2, "A")
        filled.services.open_redis().flushdb()
    filled.services.open_redis().mset({f"country:{number}": "x" for number in range(20)})
    filled.services.open_redis().hset("acme:watermark:country", "token", "of somebody else")
    refreshed(filled)
    assert held(filled) == ("A" if is_flushed else "AB")


def test_a_warehouse_made_anew_does_not_take_what_the_one_before_it_gave(filled: Pipeline) -> None:
    filled.change("drop table cache.country", "delete from ledger.refreshes")
    answers(filled, 2, "A")
    with pytest.raises(MendInput, match="3 of the 4 keys"):
        refreshed(filled)
    assert held(filled) == "ABCD"


@pytest.mark.parametrize("lost", ["drop table cache.country", "truncate cache.country", "delete from cache.country"])
def test_a_table_that_somebody_emptied_does_not_empty_redis(filled: Pipeline, lost: str) -> None:
    filled.change(lost)
    filled.services.open_redis().delete("country:A")
    ensure_filled(filled.services, FEED, COUNTRY, day(1), "another run")
    assert held(filled) == "ABCD"


def test_a_day_that_is_taken_back_takes_what_it_brought(filled: Pipeline) -> None:
    """Who wipes it has said so."""
    answers(filled, 2, "ABCDEFGHIJ")
    refreshed(filled)
    wipe(filled.services, made_of([catalog.table("analytics.sales_by_country")]), one(2))
    assert held(filled) == "ABCD"


def troubles(services: Services) -> list[tuple[str, str]]:
    with services.open_warehouse().transaction("test") as cursor:
        return [
            (trouble.subject, trouble.mend) for trouble in problems._failed(cursor, FEED, services.settings.first_day)
        ]


def due(services: Services) -> set[date]:
    with services.open_warehouse().transaction("test") as cursor:
        return outlook(cursor, FEED, services.settings.first_day).due("cache.country")


@pytest.mark.slow
def test_the_refused_day_says_what_to_type_and_that_writes_once(filled: Pipeline, runner: Runner) -> None:
    """Nobody tries again meanwhile; what Redis loses meanwhile comes back; the word is for that run only."""
    services = filled.services
    answers(filled, 2, "A")
    assert not runner.run(("cache.country",), one(2)).success
    assert troubles(services) == [("cache.country of 2024-01-02", ALLOW)]
    with services.open_warehouse().transaction("test") as cursor:
        assert ALLOW in cache_age(cursor, services, COUNTRY).refused
    assert due(services) == set()
    services.open_redis().flushdb()
    assert runner.run(("cache.country",), one(1)).success
    assert held(filled) == "ABCD"

    assert runner.run(("cache.country",), one(2), RunOptions(accepts_loss=True)).success
    assert held(filled) == "A"
    assert troubles(services) == []
    answers(filled, 2, "")
    assert not runner.run(("cache.country",), one(2), RunOptions(force=True)).success
    assert held(filled) == "A"


def test_the_word_is_a_tag_of_the_run() -> None:
    assert RunOptions.of({"acme/accept-loss": "true"}) == RunOptions(accepts_loss=True)
    assert RunOptions.of({"acme/accept-loss": "false"}) == RunOptions.of({}) == RunOptions()


@pytest.mark.parametrize(
    ("counts", "is_refused"),
    [("1:1 1:2 2:1", False), ("1:1 3:1", False), ("1:1", True), ("3:1 4:1 5:1 6:1", True)],
)
def test_of_hashes_named_by_the_data_keys_and_fields_count(
    services: Services, counts: str, *, is_refused: bool
) -> None:
    """Of two users with four products together."""
    pipeline = Pipeline(services, catalog.feed("interactions"))
    header = "interaction_id | user_id | product_id | action | timestamp\n"
    pipeline.deliver("interactions", day(1), header + "1 | 1 | 1 | click | 2024-01-01")
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    for drawn in ("1:1 1:2 1:3 2:1", counts):
        pipeline.change("delete from analytics.interaction_counts")
        for user, product in (pair.split(":") for pair in drawn.split()):
            row = f"('2024-01-01', {user}, {product}, 1)"
            pipeline.change(f"insert into analytics.interaction_counts values {row}")  # noqa: S608  # texts of a test
        if drawn == counts and is_refused:
            with pytest.raises(MendInput):
                pipeline.fill(day(1), layers=("cache",))
        else:
            pipeline.fill(day(1), layers=("cache",))
    assert len(pipeline.hashes("user:*")) == (2 if is_refused else len({pair[0] for pair in counts.split()}))
