"""The shop feed's samples: full snapshots of orders, reviews, shipments and four dimensions.

How a day is made (N = order rows asked for a day, i = days since EPOCH):

- The shop takes N/400 orders a day and delivers its newest N: a bit more than a year of them, up to the day itself.
  What an order, its shipment or a review says follows from its number, so that two days tell the same story; a price
  follows from seed and day too, so that another seed for one day reads like a correction of it.
- Of every 10,000 orders 3,243 are shipped, 1 to 6 days later, and 2,197 of these delivered, 1 to 5 days after that:
  one in six of the shipped and undelivered is late. What lies after the day has not happened yet.
- There are 7,236 reviews for every 10,000 orders, and 25 products.
- Dirt goes into orders, reviews and shipments. A dimension is kept by hand and clean: one broken day of the calendar
  would stop every answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from acme_assets.sample import dirt
from acme_assets.sample.countries import COUNTRIES
from acme_assets.sample.digits import two_digits, unpadded
from acme_assets.sample.dirt import Spoil, dirty_rows
from acme_assets.sample.draw import Numbers, below, drawn
from acme_assets.sample.people import FULL_NAMES
from acme_assets.sample.table import SampleTable
from acme_assets.sample.text import Text, beside, lookup
from acme_platform.errors import UsageError

EPOCH = date(2000, 1, 1)

DAYS_OF_ORDERS = 400
SHIPPED, DELIVERED, REVIEWED, OF = 3_243, 2_197, 7_236, 10_000
LONGEST_SHIPMENT, LONGEST_DELIVERY = 6, 5
ORDERS_A_CUSTOMER, CUSTOMERS_A_POSTAL_CODE = 10, 4
LEAST_CENTS, MOST_CENTS = 4_99, 499_99
MOST_PIECES = 9
#: stars of twenty reviews: most people are pleased, and who is not says so loudly
STARS = np.array([1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5], dtype=np.uint64)
CATEGORIES = ("Lamps", "Chairs", "Tables", "Rugs", "Clocks")
MAKES = ("Birch", "Copper", "Granite", "Linen", "Walnut")
REGIONS = ("North", "East", "South", "West")
STREETS = ("Harbour Street", "Mill Lane", "Station Road", "Church Square", "Long Acre")
#: (month, day) of the public holidays; they count when they are no Saturday or Sunday
HOLIDAYS = {(1, 1), (3, 8), (4, 15), (5, 1), (6, 2), (7, 14), (8, 15), (10, 3), (11, 1), (12, 25), (12, 26)}
FRIDAY = 5

ORDERS_HEADER = b"order_id,customer_id,order_date,product_id,unit_price,quantity,total_price\n"
REVIEWS_HEADER = b"review,product_id\n"
SHIPMENTS_HEADER = b"shipment_id,order_id,shipment_date,delivery_date\n"
CUSTOMERS_HEADER = b"customer_id,customer_name,postal_code\n"
ADDRESSES_HEADER = b"postal_code,country,region,state,address\n"
PRODUCTS_HEADER = b"product_id,product_category,product_name\n"
DATES_HEADER = b"calendar_dt,year_num,month_of_the_year_num,day_of_the_month_num,day_of_the_week_num,working_day\n"
PRODUCTS = [f"{make} {kind[:-1]}" for kind in CATEGORIES for make in MAKES]
REVIEW_SPOILS = (*dirt.ANY_ROW, *dirt.ANY_ID)
SHIPMENT_SPOILS = REVIEW_SPOILS
ORDER_SPOILS = (*REVIEW_SPOILS, dirt.impossible_date, *dirt.ANY_AMOUNT)


Block = Callable[[int, int], Text]


@dataclass(frozen=True)
class ShopDay:
    """One day's snapshot: its newest `rows` orders, and what goes with so many."""

    day: date
    rows: int
    seed: int

    @property
    def index(self) -> int:
        return (self.day - EPOCH).days

    @property
    def daily(self) -> int:
        """Orders that the shop takes a day."""
        return max(1, self.rows // DAYS_OF_ORDERS)

    @property
    def reviews(self) -> int:
        return max(1, self.rows * REVIEWED // OF)

    @property
    def customers(self) -> int:
        return max(1, self.rows // ORDERS_A_CUSTOMER)

    @property
    def postal_codes(self) -> int:
        return max(1, self.customers // CUSTOMERS_A_POSTAL_CODE)

    def order_rows(self, first: int, last: int) -> Text:
        row, order = self._orders(first, last)
        product = below(drawn(order, "product"), len(PRODUCTS)) + np.uint64(1)
        pieces = below(drawn(order, "pieces"), MOST_PIECES) + np.uint64(1)
        cents = LEAST_CENTS + below(drawn(order, "price", self.seed, self.index), MOST_CENTS - LEAST_CENTS + 1)
        return beside(
            unpadded(order),
            b",",
            unpadded(below(drawn(order, "customer"), self.customers) + np.uint64(1)),
            b",",
            self._dates(self._age(row)),
            b",",
            unpadded(product),
            b",",
            _amount(cents),
            b",",
            unpadded(pieces),
            b",",
            _amount(cents * pieces),
            b"\n",
        )

    def review_rows(self, first: int, last: int) -> Text:
        review = np.arange(first, last, dtype=np.uint64) + np.uint64(self.index * self.daily)
        product = below(drawn(review, "reviewed"), len(PRODUCTS)) + np.uint64(1)
        return beside(unpadded(STARS[below(drawn(review, "stars"), len(STARS))]), b",", unpadded(product), b"\n")

    def shipment_rows(self, first: int, last: int) -> Text:
        """A shipment has its order's number."""
        row, order = self._orders(first, last)
        fate = below(drawn(order, "fate"), OF)
        shipped_after = below(drawn(order, "shipped"), LONGEST_SHIPMENT) + np.uint64(1)
        delivered_after = shipped_after + below(drawn(order, "deliver"), LONGEST_DELIVERY) + np.uint64(1)
        age = self._age(row)
        shipped = (fate < SHIPPED) & (age >= shipped_after)
        delivered = (fate < DELIVERED) & (age >= delivered_after)
        return beside(
            unpadded(order),
            b",",
            unpadded(order),
            b",",
            self._dates(np.where(shipped, age - shipped_after, 0), shipped),
            b",",
            self._dates(np.where(delivered, age - delivered_after, 0), delivered),
            b"\n",
        )

    def customer_lines(self) -> list[bytes]:
        who = np.arange(1, self.customers + 1, dtype=np.uint64)
        homes = below(drawn(who, "home"), self.postal_codes)
        names = below(drawn(who, "name"), len(FULL_NAMES))
        return [
            f"{number},{FULL_NAMES[name]},{_postal_code(int(home))}\n".encode()
            for number, name, home in zip(who, names, homes, strict=True)
        ]

    def address_lines(self) -> list[bytes]:
        return [
            f"{_postal_code(n)},{COUNTRIES[n % len(COUNTRIES)]},{REGIONS[n % len(REGIONS)]},"
            f"State {n % 50 + 1},{n % 200 + 1} {STREETS[n % len(STREETS)]}\n".encode()
            for n in range(self.postal_codes)
        ]

    def date_lines(self) -> list[bytes]:
        """Whole years, from before the oldest order to the end of the next one."""
        first, last = date(self.day.year - 3, 1, 1), date(self.day.year + 1, 12, 31)
        return [_calendar_line(first + timedelta(days=n)) for n in range((last - first).days + 1)]

    def _orders(self, first: int, last: int) -> tuple[Numbers, Numbers]:
        """Rows of the snapshot, and the number of the order in each, oldest first."""
        row = np.arange(first, last, dtype=np.uint64)
        return row, row + np.uint64(self.index * self.daily + 1)

    def _age(self, row: Numbers) -> Numbers:
        """Days from the order to the snapshot."""
        return (np.uint64(self.rows - 1) - row) // np.uint64(self.daily)

    def _dates(self, ages: Numbers, there: npt.NDArray[np.bool_] | None = None) -> Text:
        """The dates so many days before the snapshot; nothing where `there` is false."""
        oldest = (self.rows - 1) // self.daily
        text = lookup([(self.day - timedelta(days=n)).isoformat().encode() for n in range(oldest + 1)])[ages]
        return text if there is None else text * there[:, np.newaxis].astype(np.uint8)


def tables(day: date, *, first: bool, rows: int, seed: int, dirty: float) -> tuple[SampleTable, ...]:
    """The day's snapshots; every day is whole, also the first."""
    del first
    if day < EPOCH:
        raise UsageError(f"there are no shop samples of {day}", f"ask for days from {EPOCH} on")
    shop = ShopDay(day, rows, seed)

    def fact(name: str, header: bytes, count: int, block: Block, spoils: Sequence[Spoil]) -> SampleTable:
        # The length tells the files apart: a broken order and its broken shipment would hide each other.
        spoilt = dirty_rows(count, dirty, seed + len(name), shop.index)
        return SampleTable(name, header, count, block, name == "orders", spoils, spoilt)

    return (
        fact("orders", ORDERS_HEADER, rows, shop.order_rows, ORDER_SPOILS),
        fact("reviews", REVIEWS_HEADER, shop.reviews, shop.review_rows, REVIEW_SPOILS),
        fact("shipment_deliveries", SHIPMENTS_HEADER, rows, shop.shipment_rows, SHIPMENT_SPOILS),
        _dimension("dim_customers", CUSTOMERS_HEADER, shop.customer_lines()),
        _dimension("dim_addresses", ADDRESSES_HEADER, shop.address_lines()),
        _dimension("dim_products", PRODUCTS_HEADER, _product_lines()),
        _dimension("dim_dates", DATES_HEADER, shop.date_lines()),
    )


def _dimension(name: str, header: bytes, lines: list[bytes]) -> SampleTable:
    text = lookup(lines)
    return SampleTable(name, header, len(lines), lambda first, last: text[first:last], False, (), ())


def _product_lines() -> list[bytes]:
    return [f"{n + 1},{CATEGORIES[n // len(MAKES)]},{name}\n".encode() for n, name in enumerate(PRODUCTS)]


def _calendar_line(day: date) -> bytes:
    works = day.isoweekday() <= FRIDAY and (day.month, day.day) not in HOLIDAYS
    return f"{day},{day.year},{day.month},{day.day},{day.isoweekday()},{str(works).lower()}\n".encode()


def _postal_code(place: int) -> str:
    """Five digits, some of them beginning with zeros."""
    return f"{100 + place * 7:05}"


def _amount(cents: Numbers) -> Text:
    return beside(unpadded(cents // np.uint64(100)), b".", two_digits(cents % np.uint64(100)))
