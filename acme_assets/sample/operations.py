"""The operational database of a company: made when it is not there, and filled with as many days as one likes.

The feed is no file: it is rows of `finance_db`, schema `operations`, and they come as the real ones do (see
`sql/source/`): items go to the customer's first order of the day, so most orders have none; a customer or a delivery
date may be missing; an order's `updated_at` is that of its last step.

Belongs here: customers, products, and whole days in a statement each. Not here: one step at a time (`trickle.py`).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from acme_assets.company import COMPANY, FINANCE
from acme_assets.sample.people import FULL_NAMES
from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, Days
from acme_platform.warehouse.connection import Warehouse, lock

#: orders of a day for each customer who orders: all but the first of them stay without items
ORDERS_A_CUSTOMER = 10
CUSTOMERS, PRODUCTS = 1_000, 500
ITEMS = 26
CUSTOMER = (
    "insert into operations.customers (customer_name, is_active, customer_address, updated_at, created_at)"
    " select (%(names)s::varchar[])"
    "[1 + (hashint8extended(n, %(seed)s) & 1073741823) %% cardinality(%(names)s::varchar[])],"
    " (n %% 20 > 0), case when n %% 30 > 0 then n || ' Market Street' end, '2020-01-01', '2020-01-01'"
    " from generate_series((select count(*) + 1 from operations.customers), %(wanted)s) as n"
)
PRODUCT = (
    "insert into operations.products (product_name, barcode, unity_price, is_active, updated_at, created_at)"
    " select 'Product ' || n, lpad((n * 7919)::text, 13, '0'),"
    " ((hashint8extended(n, %(seed)s) & 1073741823) %% 100000) / 100.0, (n %% 25 > 0), '2020-01-01', '2020-01-01'"
    " from generate_series((select count(*) + 1 from operations.products), %(wanted)s) as n"
)


def prepare(database: Warehouse, seed: int = 1) -> None:
    """Create what is missing: the four tables, what the reader may, customers and products."""
    with database.transaction("acme operations source") as cursor:
        lock(cursor, "operations source")
        cursor.execute(_text("operations"))
        cursor.execute(f"grant usage on schema operations to {FINANCE.reader}")
        cursor.execute(f"grant select on all tables in schema operations to {FINANCE.reader}")
        cursor.execute(CUSTOMER, {"names": list(FULL_NAMES), "seed": seed, "wanted": CUSTOMERS})
        cursor.execute(PRODUCT, {"seed": seed, "wanted": PRODUCTS})


def fill(
    database: Warehouse, days: Days, *, rows: int, seed: int, progress: Callable[[int], None] | None = None
) -> dict[date, int]:
    """Day -> orders written, `rows` a day with 26 items each. A day that has orders already is left as it is."""
    written = {}
    for day in days:
        with database.transaction("acme operations sample") as cursor:
            lock(cursor, "operations source")
            written[day] = 0 if _has_orders(cursor, day) else _fill(cursor, day, rows, seed)
        if progress:
            progress(written[day] * (1 + ITEMS))
    return written


def _fill(cursor: Cursor, day: date, rows: int, seed: int) -> int:
    customers = max(1, rows // ORDERS_A_CUSTOMER)
    cursor.execute(CUSTOMER, {"names": list(FULL_NAMES), "seed": seed, "wanted": customers})
    until = min(datetime.combine(day + ONE_DAY, time()), datetime.now(UTC).replace(tzinfo=None))
    # each day its own draws, which do not follow from the days before
    values = {"day": day, "until": until, "rows": rows, "customers": customers, "products": PRODUCTS}
    cursor.execute(_text("operations_day"), {**values, "seed": seed * 1_000_003 + day.toordinal() * 10})
    return rows


def _has_orders(cursor: Cursor, day: date) -> bool:
    cursor.execute("select exists (select from operations.orders where updated_at >= %s and updated_at < %s)",
               (day, day + ONE_DAY))  # fmt: skip
    return bool((cursor.fetchone() or (False,))[0])


def _text(name: str) -> str:
    return (COMPANY.sql / "source" / f"{name}.sql").read_text(encoding="utf-8")
