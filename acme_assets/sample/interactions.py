"""The interactions feed's samples: clicks of users on products, a file a day.

How a day is made (N = rows asked for a day, i = days since EPOCH):

- Every hundredth row brings an interaction of the week before once more, with another action; the rest are new, with
  ids that follow from i alone.
- There are N/10 users and N/50 products, five at least. The lower an id, the more often it is met, as with real people
  and real products.
- Who did it to what and when follows from the id; the action from seed and day too, so that another seed for one day
  reads like a correction of it.
- Dirt leaves out a field, as two rows in ten of the small sample of the real feed do, or writes ids as text.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from acme_assets.sample import dirt
from acme_assets.sample.digits import unpadded
from acme_assets.sample.dirt import dirty_rows
from acme_assets.sample.draw import Numbers, below, drawn
from acme_assets.sample.table import SampleTable
from acme_assets.sample.text import Text, beside, lookup
from acme_platform.errors import UsageError

#: Ids count from here, a week before the first day there can be: that day too repeats interactions of a week before.
EPOCH = date(1999, 12, 25)
WEEK = 7

ROWS_A_REPEAT = 100
ROWS_A_USER, ROWS_A_PRODUCT, LEAST_PRODUCTS = 10, 50, 5
#: of ten: most people look, few buy
ACTIONS = lookup([b"hover"] * 4 + [b"click"] * 3 + [b"readmore_click"] * 2 + [b"purchase"])

HEADER = b"interaction_id,user_id,product_id,action,timestamp\n"
SPOILS = (
    dirt.empty(3),
    dirt.empty(4),
    dirt.empty(1),
    *dirt.ANY_ROW,
    dirt.text_id,
    dirt.empty(2),
    dirt.empty(0),
)


@dataclass(frozen=True)
class InteractionsDay:
    """One day of the feed."""

    day: date
    rows: int
    seed: int

    @property
    def index(self) -> int:
        return (self.day - EPOCH).days

    @property
    def new(self) -> int:
        return self.rows - self.rows // ROWS_A_REPEAT

    def block(self, first: int, last: int) -> Text:
        """New interactions by id, every hundredth row one of the week before."""
        row = np.arange(first, last, dtype=np.uint64)
        turn = row // ROWS_A_REPEAT
        repeats = row % ROWS_A_REPEAT == ROWS_A_REPEAT - 1
        serial = np.where(repeats, self._repeated(turn), np.uint64(self.index * self.new) + row - turn)
        return beside(
            unpadded(serial + np.uint64(1)),
            b",",
            unpadded(_favoured(drawn(serial, "user"), max(1, self.rows // ROWS_A_USER))),
            b",",
            unpadded(_favoured(drawn(serial, "product"), max(LEAST_PRODUCTS, self.rows // ROWS_A_PRODUCT))),
            b",",
            ACTIONS[below(drawn(serial, "action", self.seed, self.index), len(ACTIONS))],
            b",",
            self._dates(serial),
            b"\n",
        )

    def _repeated(self, turn: Numbers) -> Numbers:
        """The serial number of an interaction of the week before: one of every 99."""
        ago = np.uint64(1) + below(drawn(turn, "ago", self.seed, self.index), WEEK)
        which = below(drawn(turn, "which", self.seed, self.index), ROWS_A_REPEAT - 1)
        return (np.uint64(self.index) - ago) * np.uint64(self.new) + turn * np.uint64(ROWS_A_REPEAT - 1) + which

    def _dates(self, serial: Numbers) -> Text:
        """It happened on the day of its first delivery, or for one in ten late ones on the day before."""
        age = np.uint64(self.index) - serial // np.uint64(self.new)
        late = below(drawn(serial, "late"), 10) == 0
        days = [(self.day - timedelta(days=n)).isoformat().encode() for n in range(WEEK + 2)]
        text: Text = lookup(days)[age + late]
        return text


def _favoured(bits: Numbers, count: int) -> Numbers:
    """A number of 1..count, of two draws the smaller one."""
    other = drawn(bits, "again")
    return np.minimum(below(bits, count), below(other, count)) + np.uint64(1)


def tables(day: date, *, first: bool, rows: int, seed: int, dirty: float) -> tuple[SampleTable, ...]:
    """The day's interactions; the first day is like any other."""
    del first
    if day < EPOCH + timedelta(days=WEEK):
        raise UsageError(
            f"there are no interactions samples of {day}", f"ask for days from {EPOCH + timedelta(days=WEEK)} on"
        )
    interactions = InteractionsDay(day, rows, seed)
    spoilt = dirty_rows(rows, dirty, seed, interactions.index)
    return (SampleTable("interactions", HEADER, rows, interactions.block, True, SPOILS, spoilt),)
