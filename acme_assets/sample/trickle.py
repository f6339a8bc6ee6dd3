"""Life in the embedded operational database, one step at a time, about a hundred a minute.

A step picks a customer. An order of today that is not COMPLETED moves on; where there is none a PENDING one is placed
with 26 items, which are attached to the customer's first order of the day, even when that is COMPLETED: the defect of
the real source that makes most orders look empty.

Belongs here: the steps and their pace; `acme up` runs this module as a process. Not here: whole days (`operations.py`).
"""

import random
import time

from acme_assets.company import FINANCE
from acme_assets.sample.operations import ITEMS, PRODUCTS, prepare
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.cursor import Cursor
from acme_platform.errors import TryAgain
from acme_platform.warehouse.connection import Warehouse

STEPS_A_MINUTE = 100
NEXT = ("PROCESSING", "REPROCESSING", "COMPLETED")


def step(cursor: Cursor, luck: random.Random) -> None:
    """One step of one customer, in the caller's transaction."""
    cursor.execute("select customer_id from operations.customers order by customer_id")
    (customer,) = luck.choice(cursor.fetchall())
    cursor.execute(
        "update operations.orders set status = %s, updated_at = now() where order_id = (select min(order_id)"
        " from operations.orders where customer_id = %s and order_date = current_date and status <> 'COMPLETED')",
        (luck.choice(NEXT), customer),
    )
    if not cursor.rowcount:
        _order(cursor, luck, customer)


def _order(cursor: Cursor, luck: random.Random, customer: int) -> None:
    cursor.execute(
        "insert into operations.orders (order_date, delivery_date, customer_id, status)"
        " values (current_date, current_date + 10, %s, 'PENDING')",
        (customer,),
    )
    items = [(luck.randint(1, PRODUCTS), luck.randint(0, 999)) for _ in range(ITEMS)]
    cursor.execute(
        "insert into operations.order_items (order_id, product_id, quanity)"
        " select (select min(order_id) from operations.orders where customer_id = %s and order_date = current_date),"
        " product_id, quantity from unnest(%s::bigint[], %s::int[]) as item (product_id, quantity)",
        (customer, [product for product, _ in items], [quantity for _, quantity in items]),
    )


def trickle(database: Warehouse, luck: random.Random) -> None:
    """Steps without end; a database that restarts is waited for."""
    prepare(database)
    while True:
        time.sleep(luck.expovariate(STEPS_A_MINUTE / 60))
        try:
            with database.transaction("acme operations generator") as cursor:
                step(cursor, luck)
        except TryAgain:
            time.sleep(1)


if __name__ == "__main__":
    trickle(Warehouse(embedded.stand_in(Settings.from_env(), FINANCE).owner_url), random.Random())  # noqa: S311  # no secret
