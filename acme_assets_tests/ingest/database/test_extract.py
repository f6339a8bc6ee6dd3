"""Reading the operational database: nothing is lost or doubled, whatever writers, clocks and servers do meanwhile."""

import random
import threading
import time
import tracemalloc
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import psycopg2
import psycopg2.errors
import pytest

from acme_assets_tests.support.origin import FEED, ORDERS, Origin
from acme_assets_tests.support.pipeline import day
from acme_platform.checks.builtin import checks
from acme_platform.day import today
from acme_platform.errors import MendInput, TryAgain
from acme_platform.ingest.database.compaction import MANY
from acme_platform.ingest.database.extract import Extracted
from acme_platform.ingest.database.source import Reader
from acme_platform.materialize.fill import fill
from acme_platform.registry import catalog

WRITERS = 8
CUSTOMERS = "raw.operations_customers"


class Writers:
    """Threads that change orders in transactions of any length, and remember what was committed."""

    def __init__(self, origin: Origin, longest: float) -> None:
        self.url = origin.url
        self.longest = longest
        self.over = threading.Event()
        #: (order, updated_at, status) of every version that was committed
        self.committed: set[tuple[str, str, str]] = set()
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        luck = random.Random(number)  # noqa: S311  # no secret
        with closing(psycopg2.connect(self.url)) as connection:
            while not self.over.is_set():
                self._transaction(connection, luck, number)

    def _transaction(self, connection: "psycopg2.extensions.connection", luck: random.Random, number: int) -> None:
        """New orders and changes of old ones, which all get the time at which the transaction began."""
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            time.sleep(luck.random() * self.longest / 2)
            cursor.execute(
                "insert into operations.orders (order_date, customer_id, status)"
                " select current_date, %s, 'PENDING' from generate_series(1, %s)"
                " returning order_id::text, updated_at::text, status",
                (number, luck.randint(1, 40)),
            )
            written = set(cursor.fetchall())
            if luck.random() < 0.5:
                cursor.execute(
                    "update operations.orders set status = 'COMPLETED', updated_at = now() where order_id in (select"
                    " order_id from operations.orders where customer_id = %s and updated_at < now() limit 5)"
                    " returning order_id::text, updated_at::text, status",
                    (number,),
                )
                written |= set(cursor.fetchall())
            time.sleep(luck.random() ** 3 * self.longest / 2)
            if luck.random() < 0.05:
                connection.rollback()
                return
            connection.commit()
        with self._guard:
            self.committed |= written


@pytest.mark.slow
@pytest.mark.parametrize(
    "longest", [pytest.param(2.0, id="seconds"), pytest.param(60.0, id="a minute", marks=pytest.mark.slow)]
)
def test_no_committed_change_is_lost_at_no_more_than_ten_times_the_reads(origin: Origin, longest: float) -> None:
    """Of eight writers whose rows carry the time at which their transaction began; and none stands in raw twice."""
    day, read, run = today(), 0, 0
    with Writers(origin, longest) as writers:
        until = time.monotonic() + longest * 4
        while time.monotonic() < until:
            time.sleep(longest / 4)
            run += 1
            read += origin.extract(day, f"run {run}").read
    read += origin.extract(day, "the last").read

    rows = origin.ask("select order_id, updated_at, status from raw.operations_orders")
    versions = [(row["order_id"], row["updated_at"], row["status"]) for row in rows]
    assert len(versions) == len(set(versions))
    current = {(order, changed, status) for order, changed, status in writers.committed}
    with origin.write() as cursor:
        cursor.execute("select order_id::text, updated_at::text, status from operations.orders")
        assert set(cursor.fetchall()) <= set(versions)
    assert set(versions) <= current
    assert len(versions) > 200
    assert read <= 10 * len(versions)
    assert origin.ask("select * from ledger.discrepancies") == [], "the cursor saw them all"
    print(f"{len(versions)} versions of {len(current)}, read {read / len(versions):.1f} times in {run + 1} readings")


@pytest.mark.slow
def test_of_two_versions_the_one_that_was_seen_later_is_the_newer_whatever_their_times_say(origin: Origin) -> None:
    """A transaction that began earlier may wait for a row, and write it last."""
    origin.order(1, "2024-01-01 10:00:05", "PROCESSING")
    origin.fill(day(1), "run 1", "raw", "staging")
    origin.order(1, "2024-01-01 10:00:01", "COMPLETED")
    origin.fill(day(1), "run 2", "raw", "staging")

    assert origin.ask("select status from staging.operations_orders where valid_to is null") == [
        {"status": "COMPLETED"}
    ]


def test_reading_again_changes_nothing(origin: Origin) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.order(2, "2024-01-01 23:59:59.999")
    origin.order(3, "2024-01-02 00:00")

    assert origin.extract(day(1), "run 1") == Extracted(rows=2, read=2, new=2)
    change = origin.ask("select change from ledger.builds where table_name = 'raw.operations_orders'")
    assert origin.extract(day(1), "run 2") == Extracted(rows=2, read=2, new=0)
    assert origin.ask("select change from ledger.builds where table_name = 'raw.operations_orders'") == change


@pytest.mark.slow
def test_a_reading_leaves_what_stands_where_it_is_until_its_parts_are_many(origin: Origin) -> None:
    """Late in a day a copy of it took 3 s. Numbers stay, for they tell which of two versions was seen later."""
    where = (
        "select order_id::int as id, row_number as number, delivery_id as part from raw.operations_orders order by 1"
    )
    parts: list[list[int]] = []
    numbers: list[list[int]] = [[]]
    for number in range(1, MANY + 2):
        origin.order(number, f"2024-01-01 {23 - number:02}:00")
        assert origin.extract(day(1), f"run {number}").new == 1
        rows = origin.ask(where)
        assert [row["id"] for row in rows] == list(range(1, number + 1))
        parts.append([row["part"] for row in rows])
        numbers.append([row["number"] for row in rows])

    assert all(after[:-1] == before and after == sorted(after) for before, after in pairwise(numbers))
    assert all(after[:-1] == before for before, after in pairwise(parts[: MANY - 1]))
    assert [len(set(part)) for part in parts] == [*range(1, MANY), 1, 2]
    assert origin.ask(
        "select state, count(*)::int as n, sum(rows_in)::int as rows from ledger.deliveries"
        " where file = 'operations.orders' group by 1 order by 1"
    ) == [
        {"state": "replaced", "n": MANY, "rows": MANY},
        {"state": "visible", "n": 2, "rows": MANY + 1},
    ]


def test_rows_put_into_a_day_that_was_complete_come_when_the_day_is_asked_for_again(origin: Origin) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.extract(day(1), "run 1")
    origin.order(2, "2024-01-01 09:00")

    assert origin.extract(day(1), "run 2") == Extracted(rows=2, read=2, new=1)


def test_the_four_tables_come_from_one_snapshot(origin: Origin) -> None:
    """Whichever table of a run is filled first reads for all of them: what is written in between waits."""
    origin.order(1, f"{today()} 00:00")
    origin.item(11, 1, product=7, quantity=2, at=f"{today()} 00:00")
    origin.extract(today(), "run 1", "raw.operations_customers")
    origin.run("insert into operations.orders (order_id, status) values (2, 'PENDING')")

    assert origin.extract(today(), "run 1", "raw.operations_orders").rows == 1
    assert origin.extract(today(), "run 1", "raw.operations_order_items").rows == 1
    assert origin.extract(today(), "run 2", "raw.operations_orders").rows == 2


@pytest.mark.slow
def test_a_small_table_is_copied_whole_and_a_copy_of_the_past_stands(origin: Origin) -> None:
    origin.customers(Ann=1, Bob=2)
    origin.run("update operations.customers set created_at = '2024-01-02' where customer_id = 2")

    assert [origin.extract(day(n), f"run {n}", CUSTOMERS).rows for n in (1, 2)] == [1, 2]
    origin.run("delete from operations.customers where customer_id = 1")
    assert origin.extract(day(2), "run 3", CUSTOMERS) == Extracted(rows=2)
    assert origin.extract(today(), "run 4", CUSTOMERS) == Extracted(rows=1, read=1, new=1)
    assert origin.extract(today(), "run 5", CUSTOMERS) == Extracted(rows=1, read=1, new=0)
    origin.customers(Cat=3)
    assert origin.extract(today(), "run 6", CUSTOMERS) == Extracted(rows=2, read=2, new=2)


def test_every_row_is_accounted_for_and_carries_where_it_came_from(origin: Origin) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.run("insert into operations.orders (order_id, updated_at) values (2, '2024-01-01 11:00')")
    origin.fill(day(1), "run 1", "raw", "staging")

    assert origin.ask("select order_id, file, row_number from raw.operations_orders order by 1") == [
        {"order_id": "1", "file": "operations.orders", "row_number": 1},
        {"order_id": "2", "file": "operations.orders", "row_number": 2},
    ]
    counted = "select rows_in, rows_kept, rows_rejected from ledger.deliveries where file = 'operations.orders'"
    assert origin.ask(counted) == [{"rows_in": 2, "rows_kept": 1, "rows_rejected": 1}]
    assert origin.ask("select reason from quarantine.rows") == [{"reason": "status is missing"}]


# the source changes


def test_a_column_that_the_source_gained_is_carried_and_reported(origin: Origin) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.extract(day(1), "run 1")
    origin.run("alter table operations.orders add priority text, add day int")
    origin.order(2, "2024-01-01 11:00")
    origin.run("update operations.orders set priority = 'high', day = 3 where order_id = 2")
    origin.extract(day(1), "run 2")

    assert origin.ask("select order_id, extra from raw.operations_orders order by 1") == [
        {"order_id": "1", "extra": None},
        {"order_id": "2", "extra": {"day": "3", "priority": "high"}},
    ]
    with origin.services.open_warehouse().transaction("test") as cursor:
        (drift,) = [check for check in checks(ORDERS) if check.name == "columns_as_declared"]
        assert drift.on(cursor, ORDERS, day(1)).broken_rows == 2


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("alter table operations.orders drop delivery_date", "has no delivery_date in operations.orders"),
        ("alter table operations.orders rename status to state", "has no status in operations.orders"),
        ("alter table operations.products drop created_at", "has no created_at in operations.products"),
        ("drop table operations.order_items", "operations.order_items"),
    ],
)
def test_what_the_source_lost_is_named_and_nothing_is_read(origin: Origin, change: str, named: str) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.run(change)

    with pytest.raises(MendInput, match=named):
        origin.extract(day(1), "run 1")
    assert origin.ask("select file from ledger.deliveries where state = 'visible'") == []


@pytest.mark.slow
def test_a_type_that_changed_is_judged_row_by_row(origin: Origin) -> None:
    origin.order(1, "2024-01-01 10:00")
    origin.run(
        "alter table operations.orders alter customer_id type text, alter delivery_date type timestamp",
        "insert into operations.orders values (2, '2024-01-01', null, 'seven', 'PENDING', '2024-01-01 11:00')",
    )
    origin.fill(day(1), "run 1", "raw", "staging")

    assert origin.ask("select reason from quarantine.rows where record like '%seven%'") == [
        {"reason": "customer_id is not a whole number: 'seven'"}
    ]


def test_a_column_of_changes_without_times_is_named(origin: Origin) -> None:
    origin.run("alter table operations.orders alter updated_at drop default, alter updated_at type text")

    with pytest.raises(MendInput, match="timestamp"):
        origin.extract(day(1), "run 1")


def test_a_row_without_a_time_of_change_is_set_aside_once_a_day_and_not_passed_over(origin: Origin) -> None:
    origin.order(1, f"{today()} 00:00")
    origin.run("insert into operations.orders (order_id, status, updated_at) values (2, 'PENDING', null)")

    assert origin.extract(today(), "run 1").new == 2
    assert origin.extract(today(), "run 2").new == 0
    assert origin.extract(day(1), "run 3").read == 0
    fill(origin.services, FEED, catalog.table("staging.operations_orders"), today(), "run 4")
    assert origin.ask("select reason from quarantine.rows") == [{"reason": "updated_at is missing"}]


# the source fails


def test_a_source_that_is_not_there_is_tried_again(origin: Origin) -> None:
    origin.reads("postgresql://me:secret@127.0.0.1:1/finance_db")

    with pytest.raises(TryAgain, match=r"127\.0\.0\.1:1/finance_db") as refused:
        origin.extract(day(1), "run 1")
    assert "secret" not in str(refused.value)


@pytest.mark.slow
def test_a_reading_that_is_cut_off_leaves_the_day_as_it_was_and_the_next_one_is_whole(origin: Origin) -> None:
    """Sessions of the source are ended at any moment; a reading either raises or is complete."""
    rows, cut = 20_000, 0
    origin.run(
        "insert into operations.orders (order_id, customer_id, status, updated_at)"
        " select n, n, 'PENDING', '2024-01-01' from generate_series(1, 20000) as n"
    )
    for attempt in range(10):
        killer = threading.Timer(0.01 * attempt, origin.end_readers)
        killer.start()
        try:
            assert origin.extract(day(1), f"run {attempt}").rows == rows
        except TryAgain:
            cut += 1
        killer.join()
        assert origin.ask("select count(*) as n from raw.operations_orders")[0]["n"] in {0, rows}
    assert cut
    assert origin.extract(day(1), "the last").rows == rows


@pytest.mark.slow
def test_a_source_that_falls_silent_is_given_up(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stands and no byte comes: here for a lock that nobody releases."""
    monkeypatch.setattr("acme_platform.ingest.database.copy_pipe.PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(Reader, "copy", lambda *_: time.sleep(1.5))
    origin.order(1, "2024-01-01 10:00")

    with pytest.raises(TryAgain, match=r"sent nothing for 0 s|sent nothing for 1 s"):
        origin.extract(day(1), "run 1")


def test_nothing_can_be_written_through_the_platforms_connection(origin: Origin) -> None:
    refused = pytest.raises(psycopg2.errors.ReadOnlySqlTransaction)
    with origin.source.session("test") as opened, opened.cursor() as cursor, refused:
        cursor.execute("delete from operations.orders")


@pytest.mark.slow
def test_an_open_transaction_holds_the_watermark_back(origin: Origin) -> None:
    with origin.write() as cursor:
        cursor.execute("select now()::timestamp")
        ((began,),) = cursor.fetchall()
        time.sleep(1)
        with origin.source.snapshot("test") as snapshot:
            assert began - timedelta(seconds=2) < snapshot.moment.complete_to <= began


# many rows


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(origin: Origin) -> None:
    origin.run(
        "insert into operations.orders (order_id, customer_id, status, updated_at)"
        " select n, n, 'PENDING', '2024-01-01' from generate_series(1, 200000) as n"
    )
    tracemalloc.start()
    assert origin.extract(day(1), "run 1").rows == 200_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20
