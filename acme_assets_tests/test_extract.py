"""Reading the operational database: nothing is lost or doubled, whatever writers, clocks and servers do meanwhile."""

import random
import threading
import time
from contextlib import closing
from datetime import date, timedelta

import psycopg2
import pytest

from acme_assets.day import today
from acme_assets_tests.origin import Origin

WRITERS = 8


class Writers:
    """Threads that change orders in transactions of any length, and remember what was committed."""

    def __init__(self, origin: Origin, longest: float) -> None:
        self.url = str(origin.services.settings.operations_url)
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
        luck = random.Random(number)
        with closing(psycopg2.connect(self.url)) as connection:
            while not self.over.is_set():
                self._transaction(connection, luck, number)

    def _transaction(self, connection: "psycopg2.extensions.connection", luck: random.Random, number: int) -> None:
        """New orders and changes of old ones, which all get the time at which the transaction began."""
        with connection.cursor() as at:
            at.execute("select 1")
            time.sleep(luck.random() * self.longest / 2)
            at.execute(
                "insert into operations.orders (order_date, customer_id, status)"
                " select current_date, %s, 'PENDING' from generate_series(1, %s)"
                " returning order_id::text, updated_at::text, status",
                (number, luck.randint(1, 40)),
            )
            written = set(at.fetchall())
            if luck.random() < 0.5:
                at.execute(
                    "update operations.orders set status = 'COMPLETED', updated_at = now() where order_id in (select"
                    " order_id from operations.orders where customer_id = %s and updated_at < now() limit 5)"
                    " returning order_id::text, updated_at::text, status",
                    (number,),
                )
                written |= set(at.fetchall())
            time.sleep(luck.random() ** 3 * self.longest / 2)
            if luck.random() < 0.05:
                connection.rollback()
                return
            connection.commit()
        with self._guard:
            self.committed |= written


@pytest.mark.parametrize("longest", [pytest.param(2.0, id="seconds"), pytest.param(60.0, id="a minute", marks=pytest.mark.slow)])
def test_no_committed_change_is_lost_at_no_more_than_ten_times_the_reads(origin: Origin, longest: float) -> None:
    """Of eight writers whose rows all carry the time at which their transaction began; and none is read into raw twice."""
    day, read, run = today(), 0, 0
    with Writers(origin, longest) as writers:
        until = time.monotonic() + longest * 4
        while time.monotonic() < until:
            time.sleep(longest / 4)
            run += 1
            read += origin.extract(day, f"run {run}").read
    read += origin.extract(day, "the last").read

    found = origin.ask("select order_id, updated_at, status from raw.operations_orders")
    versions = [(row["order_id"], row["updated_at"], row["status"]) for row in found]
    assert len(versions) == len(set(versions))
    current = {(order, changed, status) for order, changed, status in writers.committed}
    with origin.write() as at:
        at.execute("select order_id::text, updated_at::text, status from operations.orders")
        assert set(at.fetchall()) <= set(versions)
    assert set(versions) <= current
    assert len(versions) > 200
    assert read <= 10 * len(versions)
    print(f"{len(versions)} versions of {len(current)}, read {read / len(versions):.1f} times in {run + 1} readings")
