"""The sales feed's samples: customers and orders, padded with blanks like the real delivery.

How a day is made (N = order rows asked for a day, i = days since EPOCH):

- Customers 1..N/5 were there from the start. Each day N/5000 newcomers come, with ids that follow from i alone.
- The first day written holds all of the old customers and the day's newcomers; a later day holds only its newcomers and
  one in a hundred of the old, who moved or changed their name.
- Every fiftieth order row brings an order of the week before once more, with another amount; the rest are new, with ids
  that follow from i alone.
- Who a customer is, and who ordered when, follows from the id; the amounts and the changes from seed and day too. So
  another seed for one day reads like a correction of it.
- One old customer in 150 never orders, so that there is somebody to count as 0.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from acme_assets.sample import dirt
from acme_assets.sample.countries import COUNTRIES
from acme_assets.sample.digits import right_aligned, two_digits
from acme_assets.sample.dirt import dirty_rows
from acme_assets.sample.draw import Numbers, below, drawn
from acme_assets.sample.people import FULL_NAMES
from acme_assets.sample.table import SampleTable
from acme_assets.sample.text import Text, beside, lookup
from acme_platform.errors import UsageError

#: Ids count from here, a week before the first day there can be: that day too repeats orders of a week before.
EPOCH = date(1999, 12, 25)
WEEK = 7

ORDERS_A_CUSTOMER = 5
CUSTOMERS_A_NEWCOMER = 1000
CUSTOMERS_A_CHANGE = 100
CUSTOMERS_A_NON_BUYER = 150
ROWS_A_REPEAT = 50
NEW_A_REPEAT = ROWS_A_REPEAT - 1
FIRST_ORDER_ID = 101
LEAST_CENTS, MOST_CENTS = 29_39, 175_307_62
#: Four customers in 252 live in the country that people ask for first.
HOMES = (*COUNTRIES, "USA", "USA", "USA")

CUSTOMERS_HEADER = b"customer_id ,customer_name            ,country\n"
ORDERS_HEADER = b"order_id ,customer_id ,order_date ,amount\n"
CUSTOMER_SPOILS = (*dirt.ANY_ROW, *dirt.ANY_ID)
ORDER_SPOILS = (*CUSTOMER_SPOILS, dirt.impossible_date, *dirt.ANY_AMOUNT)


@dataclass(frozen=True)
class SalesDay:
    """One day of the feed: `rows` order rows, and the customers that go with so many."""

    day: date
    rows: int
    seed: int

    @property
    def index(self) -> int:
        return (self.day - EPOCH).days

    @property
    def old(self) -> int:
        """Customers from the start."""
        return max(1, self.rows // ORDERS_A_CUSTOMER)

    @property
    def newcomers(self) -> int:
        return self.old // CUSTOMERS_A_NEWCOMER

    @property
    def changed(self) -> int:
        return self.old // CUSTOMERS_A_CHANGE

    @property
    def new_orders(self) -> int:
        return self.rows - self.rows // ROWS_A_REPEAT

    def everybody(self, first: int, last: int) -> Text:
        """Rows of the full customer list: the old by id, then the day's newcomers."""
        row = _rows(first, last)
        ids = np.where(row < self.old, row + 1, self._newcomer(row - self.old))
        return self._customers(ids, drawn(ids, "name"), drawn(ids, "home"))

    def news(self, first: int, last: int) -> Text:
        """Rows of a later day: one old customer of every hundred, moved or renamed, then the newcomers."""
        row = _rows(first, last)
        who = row * CUSTOMERS_A_CHANGE + 1 + below(self._drawn(row, "who"), CUSTOMERS_A_CHANGE)
        ids = np.where(row < self.changed, who, self._newcomer(row - self.changed))
        moved = (row < self.changed) & (row % 2 == 0)
        renamed = (row < self.changed) & ~moved
        names = np.where(renamed, self._drawn(ids, "rename"), drawn(ids, "name"))
        return self._customers(ids, names, np.where(moved, self._drawn(ids, "move"), drawn(ids, "home")))

    def orders(self, first: int, last: int) -> Text:
        """Rows of orders: new ones by id, every fiftieth row an order of the week before."""
        row = _rows(first, last)
        turn = row // ROWS_A_REPEAT
        repeats = row % ROWS_A_REPEAT == ROWS_A_REPEAT - 1
        serial = np.where(repeats, self._repeated(turn), self.index * self.new_orders + row - turn)
        cents = LEAST_CENTS + below(self._drawn(serial, "amount"), MOST_CENTS - LEAST_CENTS + 1)
        last_id = FIRST_ORDER_ID + (self.index + 1) * self.new_orders
        return beside(
            right_aligned(serial + FIRST_ORDER_ID, max(8, len(str(last_id)))),
            b" ,",
            right_aligned(self._buyer(serial), 11),
            b" ,",
            self._dates(serial),
            b" ,",
            right_aligned(cents // 100, 6),
            b".",
            two_digits(cents % 100),
            b"\n",
        )

    def _repeated(self, turn: Numbers) -> Numbers:
        """The serial number of an order of the week before: one of every 49, never the one kept for a newcomer."""
        ago = 1 + below(self._drawn(turn, "ago"), WEEK)
        return (
            (self.index - ago) * self.new_orders
            + turn * NEW_A_REPEAT
            + below(self._drawn(turn, "which"), NEW_A_REPEAT - 1)
        )

    def _buyer(self, serial: Numbers) -> Numbers:
        """An old customer, or for the last of every 49 orders a newcomer of its day while there are any."""
        place = serial % self.new_orders
        for_newcomer = (place % NEW_A_REPEAT == NEW_A_REPEAT - 1) & (place // NEW_A_REPEAT < self.newcomers)
        old = 1 + below(drawn(serial, "buyer"), self.old)
        return np.where(for_newcomer, self._newcomer(place // NEW_A_REPEAT), old - (old % CUSTOMERS_A_NON_BUYER == 0))

    def _newcomer(self, turn: Numbers) -> Numbers:
        return turn + (self.old + 1 + self.index * self.newcomers)

    def _dates(self, serial: Numbers) -> Text:
        """Ordered in the week before the order was delivered first."""
        age = self.index - serial // self.new_orders + 1 + below(drawn(serial, "date"), WEEK)
        dates = [(self.day - timedelta(days=n)).isoformat().encode() for n in range(2 * WEEK + 1)]
        return lookup(dates).take(age, axis=0)

    def _customers(self, ids: Numbers, names: Numbers, homes: Numbers) -> Text:
        """Rows made of the ids and of the bits that choose a name and a country."""
        called, living = name_texts(), home_texts()
        return beside(
            right_aligned(ids, 11),
            b" ,",
            called[below(names, len(called))],
            b",",
            living[below(homes, len(living))],
            b"\n",
        )

    def _drawn(self, subjects: Numbers, purpose: str) -> Numbers:
        """Bits for what differs by seed and day."""
        return drawn(subjects, purpose, self.seed, self.index)


def tables(day: date, *, first: bool, rows: int, seed: int, dirty: float) -> tuple[SampleTable, ...]:
    """The day's customers and orders; `first`: the day that the customers start from, all of them in one file."""
    if day < EPOCH + timedelta(days=WEEK):
        raise UsageError(f"there are no sales samples of {day}", f"ask for days from {EPOCH + timedelta(days=WEEK)} on")
    sales = SalesDay(day, rows, seed)
    people = (sales.old if first else sales.changed) + sales.newcomers
    return (
        SampleTable(
            name="customers",
            header=CUSTOMERS_HEADER,
            rows=people,
            block=sales.everybody if first else sales.news,
            spoils=CUSTOMER_SPOILS,
            dirty=dirty_rows(people, dirty, seed, sales.index),
            splits=False,
        ),
        SampleTable(
            name="orders",
            header=ORDERS_HEADER,
            rows=rows,
            block=sales.orders,
            spoils=ORDER_SPOILS,
            dirty=dirty_rows(rows, dirty, seed, sales.index),
            splits=True,
        ),
    )


@cache
def name_texts() -> Text:
    return lookup([f"{name:<25}".encode() for name in FULL_NAMES])


@cache
def home_texts() -> Text:
    return lookup([home.encode() for home in HOMES])


def _rows(first: int, last: int) -> Numbers:
    return np.arange(first, last, dtype=np.uint64)
