"""Loading while others look, write or load: all of a day at once, each file once, never a mixture."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from acme_assets_tests.support.loading import WatchedLake, ids, load, orders
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import TryAgain
from acme_platform.ingest.files.load import Loaded
from acme_platform.lake import LakeObject


@pytest.fixture
def watched(pipeline: Pipeline) -> WatchedLake:
    return WatchedLake(pipeline.services.lake)


def test_two_parts_are_read_at_the_same_time(pipeline: Pipeline, watched: WatchedLake) -> None:
    pipeline.deliver("orders", day(1), orders(1), part="a")
    pipeline.deliver("orders", day(1), orders(2), part="b")
    both_open = threading.Barrier(2, timeout=10)
    watched.on_open = lambda _found: both_open.wait()
    assert load(pipeline, watched) == Loaded(rows=2, rejected=0, files=2, read=2)


@pytest.mark.parametrize("moment", ["before it is opened", "while it is read"])
def test_a_file_replaced_under_our_eyes_is_not_loaded(pipeline: Pipeline, watched: WatchedLake, moment: str) -> None:
    key = pipeline.deliver("orders", day(1), orders(1, 2, 3))

    def replace(_found: object) -> None:
        watched.on_open = lambda _found: None
        pipeline.put(key, orders(4))

    class Hasty(WatchedLake):
        def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
            found = list(super().list(prefix, after))
            replace(found)
            return iter(found)

    if moment == "while it is read":
        watched.on_open = replace
    with pytest.raises(TryAgain, match=r"2024-01-01\.csv"):
        load(pipeline, Hasty(watched.lake) if moment == "before it is opened" else watched)
    assert ids(pipeline) == []
    pipeline.expect("ledger.deliveries", "file")
    load(pipeline)
    assert ids(pipeline) == [4]


def test_a_connection_lost_in_the_middle_is_tried_again_and_loads_once(
    pipeline: Pipeline, watched: WatchedLake
) -> None:
    pipeline.deliver("orders", day(1), orders(*range(1, 1000)))
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    watched.on_open = lambda _found: pipeline.change(f"{others} and datname = current_database()")
    with pytest.raises(TryAgain):
        load(pipeline, watched)
    assert load(pipeline).rows == 999
    assert len(ids(pipeline)) == 999


def test_loads_of_one_day_at_the_same_time_are_one_load(pipeline: Pipeline) -> None:
    days = range(1, 9)
    for number in days:
        for part in "abc":
            pipeline.deliver("orders", day(number), orders(ord(part), number), part=part)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: load(pipeline, number=number), [*days, *days, *days]))
    for number in days:
        assert len(ids(pipeline, number)) == 6
        assert pipeline.red("raw.sales_orders", day(number)) == set()
    visible = pipeline.ask("select file from ledger.deliveries where state = 'visible'")
    assert len(visible) == len({row["file"] for row in visible}) == 8 * 3


@contextmanager
def reader(pipeline: Pipeline, question: str) -> Iterator[set[tuple[str, ...]]]:
    """Everything that a reader sees who asks as fast as possible."""
    seen: set[tuple[str, ...]] = set()
    over = threading.Event()

    def read() -> int:
        times = 0
        while not over.is_set():
            seen.update(tuple(map(str, row.values())) for row in pipeline.ask(question))
            times += 1
        return times

    with ThreadPoolExecutor(1) as pool:
        times = pool.submit(read)
        try:
            yield seen
        finally:
            over.set()
        assert times.result() > 50, "the reader was too slow to see anything"


@pytest.mark.slow
def test_readers_see_the_day_before_or_after_and_nothing_between(pipeline: Pipeline) -> None:
    def deliver(amount: str, count: int) -> None:
        for part in (0, 100, 200):
            pipeline.deliver(
                "orders", day(1), orders(*range(part + 1, part + count + 1), amount=amount), part=f"p{part}"
            )

    customer = "customer_id|customer_name|country\n7|Ann|USA"
    pipeline.deliver("customers", day(1), customer)
    deliver("1.00", 10)
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    raw = "select count(*) as orders, sum(amount::numeric) as amount from raw.sales_orders"
    staged = "select count(*) as orders, sum(amount) as amount from staging.sales_orders"
    answered = "select sum(order_count) as orders, sum(order_amount) as amount from analytics.customer_orders"
    for question in (raw, staged, answered):
        with reader(pipeline, question) as seen:
            for turn in range(6):
                deliver(*(("2.00", 20) if turn % 2 else ("1.00", 10)))
                pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
        assert seen == {("30", "30.00"), ("60", "120.00")}
