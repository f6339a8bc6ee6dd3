"""A reader, who looks at the answers 20 times a second and remembers what it should not have seen.

Prices only rise from delivery to delivery, so it may see neither a mixture of two prices nor an older one again.

Belongs here: looking and judging. Not here: what was delivered (`generations.py`).
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal

from redis import RedisError

from acme_assets_tests.resilience.generations import COUNTRIES, EVERYBODY
from acme_platform.config.settings import Settings
from acme_platform.errors import AcmeError
from acme_platform.services import Services

#: seconds between two looks of a reader
INTERVAL = 0.05

#: what belongs together, and how many rows that are; each asks for the place, how many there are, least and greatest
TOGETHER: Mapping[str, int] = {
    "select 'raw of ' || day, count(*), min(amount)::numeric, max(amount)::numeric from raw.sales_orders group by day":
        EVERYBODY,
    "select 'staging of ' || day, count(*), min(amount), max(amount) from staging.sales_orders"
    " where valid_to is null group by day": EVERYBODY,
    "select 'customers of ' || day, count(*), min(order_amount), max(order_amount) from analytics.customer_orders"
    " group by day": EVERYBODY,
    "select 'countries of ' || day, count(*), min(order_amount), max(order_amount) from analytics.sales_by_country"
    " group by day": len(COUNTRIES),
}  # fmt: skip


@dataclass
class Reader:
    """Looks at all places again and again, and remembers what it should not have seen."""

    services: Services
    looks: int = 0
    #: prices that it saw in the answers of the last day
    seen: set[object] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    #: place -> the price that it saw there last
    _last: dict[str, Decimal] = field(default_factory=dict)

    def look(self) -> None:
        """One look: each place in one statement, Redis in one transaction."""
        with self.services.open_warehouse().transaction("reader") as cursor:
            for query, wanted in TOGETHER.items():
                cursor.execute(query)
                for place, count, least, greatest in cursor:
                    self._judge(place, int(count), wanted, least, greatest)
        with self.services.open_redis().pipeline(transaction=True) as pipeline:
            for country in COUNTRIES:
                pipeline.hgetall(f"country:{country}")
            hashes = [found for found in pipeline.execute() if found]
        amounts = {content["order_amount"] for content in hashes}
        if hashes:
            self._judge("redis", len(hashes), len(COUNTRIES), min(amounts), max(amounts))
            self.seen |= amounts
        self.looks += 1

    def _judge(self, place: str, count: int, wanted: int, least: object, greatest: object) -> None:
        price = Decimal(str(greatest))
        if count != wanted or least != greatest:
            self.faults.append(f"{place}: {count} of {wanted}, from {least} to {greatest}")
        elif price < self._last.get(place, price):
            self.faults.append(f"{place}: {price} after {self._last[place]}")
        self._last[place] = price


@contextmanager
def reading(settings: Settings) -> Iterator[Reader]:
    """A reader at 20 looks a second, with clients of its own, until the end of the block.

    A server that is being killed answers nothing, which is no mixture.
    """
    reader, over = Reader(Services(settings)), threading.Event()

    def read() -> None:
        while not over.is_set():
            began = time.monotonic()
            with suppress(AcmeError, RedisError):  # servers come and go
                reader.look()
            over.wait(max(0.0, INTERVAL - (time.monotonic() - began)))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield reader
    finally:
        over.set()
        thread.join()
        reader.services.open_warehouse().close()
        reader.services.open_redis().close()
