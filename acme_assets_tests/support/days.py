"""Days of the sales feed that are quick to make and easy to count, for tests that care about days and not about rows.

Every day delivers the same two customers and as many orders as a test wants, each of 10.00 and by Ann, numbered by the
day: the second order of 7 January is 702. So Ann's orders as of a day are all orders up to it, times 10.00.

Belongs here: deliveries, and stopping a run at a known place.
Not here: tables that a test must see row by row (`drawn.py`, `pipeline.py`).
"""

import os
import time
from datetime import date, timedelta

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.lake.folder import FolderLake
from acme_platform.services import Services

CUSTOMERS = """
    customer_id | customer_name | country
    1           | Ann           | USA
    2           | Bob           | Norway
"""
#: a quote that nothing closes: the file is refused whole
TORN = b'order_id,customer_id,order_date,amount\n1,1,"2024-01-01,10.00\n'
#: every table of the feed, as `acme run --select` takes it
SALES = 'key:"raw/sales_*"+'
#: longer ago than any file waits
SETTLED = timedelta(minutes=1)


def deliver(services: Services, *numbers: int, orders: int = 1, amount: str = "10.00") -> None:
    """Customers and orders of these days of January 2024."""
    for number in numbers:
        deliver_customers(services, number)
        deliver_orders(services, number, orders=orders, amount=amount)


def deliver_customers(services: Services, number: int) -> str:
    return settle(services, Pipeline(services).deliver("customers", day(number), CUSTOMERS))


def deliver_orders(services: Services, number: int, *, orders: int = 1, amount: str = "10.00") -> str:
    lines = [f"{number * 100 + n} | 1 | {day(number)} | {amount}" for n in range(1, orders + 1)]
    drawing = "\n".join(["order_id | customer_id | order_date | amount", *lines])
    return settle(services, Pipeline(services).deliver("orders", day(number), drawing))


def deliver_torn(services: Services, number: int) -> str:
    return settle(services, Pipeline(services).deliver("orders", day(number), TORN))


def settle(services: Services, key: str, age: timedelta = SETTLED) -> str:
    """Make the file look as if it had been written that long ago, which only a folder allows."""
    if isinstance(services.lake, FolderLake):
        then = time.time() - age.total_seconds()
        os.utime(services.lake.root / key, (then, then))
    return key


def january(first: int, last: int) -> list[date]:
    return [day(number) for number in range(first, last + 1)]


def one(number: int) -> Days:
    return span(number, number)


def span(first: int, last: int) -> Days:
    return Days(day(first), day(last))


def waits_for_a_lock(services: Services) -> bool:
    """Whether a run stands before a lock of `warehouse.lock`, which a test holds to stop it there."""
    return bool(Pipeline(services).ask("select from pg_locks where locktype = 'advisory' and not granted"))
