"""Deliveries of which any mixture can be seen: all orders of a file cost the same, its generation.

Every day of DAYS has one order of each customer. So at any moment, in every table and in Redis, what belongs together
says one number, and there is a known amount of it.

Belongs here: delivering, what must be there in the end, by arithmetic alone, and what a reader may never see.
Not here: what goes wrong meanwhile (the tests beside this module).
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from redis import RedisError

from acme_assets_tests.support.days import settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.errors import AcmeError
from acme_platform.services import Services

DAYS = (1, 2, 3)
COUNTRIES = ("Chad", "Fiji", "Iran", "Peru")
#: of each country
CUSTOMERS = 10
EVERYBODY = len(COUNTRIES) * CUSTOMERS
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
class Deliveries:
    """What was delivered last of each day."""

    services: Services
    generations: dict[int, int] = field(default_factory=dict)

    def deliver(self, number: int, generation: int) -> None:
        """Customers with the first day, and the orders of the day at the price of the generation."""
        pipeline = Pipeline(self.services)
        if not self.generations:
            settle(self.services, pipeline.deliver("customers", day(number), _customers()))
        settle(self.services, pipeline.deliver("orders", day(number), _orders(number, generation)))
        self.generations[number] = generation

    def truth(self) -> dict[str, object]:
        """What every place must hold in the end."""
        spent = {on: sum(self.generations[one] for one in DAYS if one <= on) for on in DAYS}
        last = {"users_counts": str(CUSTOMERS), "order_amount": f"{spent[DAYS[-1]] * CUSTOMERS}.00"}
        return {
            "raw": [(on, EVERYBODY, self.generations[on] * EVERYBODY) for on in DAYS],
            "staging": [(on, EVERYBODY, self.generations[on] * EVERYBODY) for on in DAYS],
            "customers": [(on, EVERYBODY, spent[on] * EVERYBODY) for on in DAYS],
            "countries": [(on, len(COUNTRIES), spent[on] * EVERYBODY) for on in DAYS],
            "redis": {f"country:{country}": last for country in COUNTRIES},
        }

    def found(self) -> dict[str, object]:
        """What every place holds, in the words of `truth`."""
        pipeline = Pipeline(self.services)
        asked = {
            "raw": "select day, order_id, amount::numeric as amount from raw.sales_orders",
            "staging": "select day, order_id, amount from staging.sales_orders",
            "customers": "select day, customer_id, order_amount as amount from analytics.customer_orders",
            "countries": "select day, country, order_amount as amount from analytics.sales_by_country",
        }
        sums = "select day, count(*) as rows, sum(amount)::int as amount from ({}) as one group by day order by day"
        summed = {place: pipeline.ask(sums.format(rows)) for place, rows in asked.items()}
        tables = {
            place: [(row["day"].day, row["rows"], row["amount"]) for row in rows] for place, rows in summed.items()
        }
        return {**tables, "redis": pipeline.hashes()}


def _customers() -> str:
    lines = [f"{number} | name {number} | {COUNTRIES[number % len(COUNTRIES)]}" for number in range(1, EVERYBODY + 1)]
    return "\n".join(["customer_id | customer_name | country", *lines])


def _orders(on: int, generation: int) -> str:
    lines = [f"{on * 1000 + one} | {one} | {day(on)} | {generation}.00" for one in range(1, EVERYBODY + 1)]
    return "\n".join(["order_id | customer_id | order_date | amount", *lines])


@dataclass
class Reader:
    """Looks at all places again and again, and remembers what it should not have seen."""

    services: Services
    looks: int = 0
    #: prices that it saw in the answers of the last day
    seen: set[object] = field(default_factory=set)
    mixtures: list[str] = field(default_factory=list)

    def look(self) -> None:
        """One look: each place in one statement, Redis in one transaction."""
        with self.services.warehouse.transaction("reader") as cursor:
            for query, wanted in TOGETHER.items():
                cursor.execute(query)
                for place, count, least, greatest in cursor:
                    self._judge(place, int(count), wanted, least, greatest)
        with self.services.redis.pipeline(transaction=True) as pipeline:
            for country in COUNTRIES:
                pipeline.hgetall(f"country:{country}")
            hashes = [found for found in pipeline.execute() if found]
        amounts = {found["order_amount"] for found in hashes}
        if hashes:
            self._judge("redis", len(hashes), len(COUNTRIES), min(amounts), max(amounts))
            self.seen |= amounts
        self.looks += 1

    def _judge(self, place: str, count: int, wanted: int, least: object, greatest: object) -> None:
        if count != wanted or least != greatest:
            self.mixtures.append(f"{place}: {count} of {wanted}, from {least} to {greatest}")


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
        reader.services.warehouse.close()
        reader.services.redis.close()
