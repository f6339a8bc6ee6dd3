"""The bookings feed's samples: full snapshots of companies, their users and what they book.

How a day is made (N = booking rows asked for a day):

- A snapshot holds the newest N bookings, N/300 a day, and the users of twice that time, one for every 14 bookings, as a
  real delivery of 8,500 bookings and 1,200 users does. A user books only after joining.
- Who joined and booked when follows from the number of the user or booking alone, so that two days tell the same story;
  statuses follow from seed and day too, so that another seed for one day reads like a correction of it.
- What the real feed writes oddly and can be read stands in every snapshot: the text NULL, a second pair of quotes, bare
  dates, empty flags and statuses, bookings that nobody knows the creation of. A few users and bookings are demos.
- Dirt is what cannot be read or be true: zones that do not exist, the years 1969 and 2099, ends before starts, ids that
  are text, users who come again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from acme_assets.sample import dirt
from acme_assets.sample.digits import right_aligned, two_digits, unpadded
from acme_assets.sample.dirt import dirty_rows
from acme_assets.sample.draw import Numbers, below, drawn
from acme_assets.sample.table import SampleTable
from acme_assets.sample.text import Text, beside, lookup
from acme_platform.errors import UsageError

#: Bookings and users count from here, companies are founded in the year that follows.
EPOCH = date(2000, 1, 1)
YEAR = 365

DAYS_OF_BOOKINGS = 300
BOOKINGS_A_USER, USERS_A_COMPANY = 14, 24
LONGEST_AHEAD, LONGEST_HOURS = 15, 8
OPENS, OPEN_HOURS = 7, 9

FLAGS = lookup([b"FALSE"] * 40 + [b"TRUE", b"false", b"NULL", b""] + [b'"""FALSE"""'] * 4 + [b'"""NULL"""'] * 2)
BOOKING_STATUSES = lookup(
    [b"completed"] * 12 + [b"cancelled"] * 4 + [b"editedByUser", b"accepted", b"running", b"NULL"]
)
USER_STATUSES = lookup([b"active"] * 14 + [b"inactive"] * 3 + [b"deleted", b"deleted", b""])
COMPANY_STATUSES = lookup([b"active"] * 4 + [b"trial"])
CHECKINS = lookup([b"checkedIn"] * 5 + [b"noShow", b"NULL", b""])
TREES = (
    "Acorn",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Hazel",
    "Juniper",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
)
TRADES = ("Labs", "Works", "Foods", "Media", "Travel", "Systems", "Studio", "Logistics", "Health", "Energy", "Partners")
#: one row in so many has no creation time, or only a date
ODD = 50

COMPANY_HEADER = b"company_id,status,created_at,company_name\n"
USERS_HEADER = b"rn,created_at,company_id,status,demo_user\n"
BOOKING_HEADER = b"user_id,booking_id,created_at,status,checkin_status,booking_start_time,booking_end_time,is_demo\n"


def _spoils(created: int) -> tuple[dirt.Spoil, ...]:
    """What is wrong with rows whose creation time stands there."""
    return (
        dirt.zone(created, b"ABC"),
        dirt.year(created, b"1969"),
        dirt.year(created, b"2099"),
        dirt.text_id,
        dirt.zone(created, b"XYZ"),
        *dirt.ANY_ROW,
        dirt.negative_id,
    )


@dataclass(frozen=True)
class BookingsDay:
    """One day's snapshots: its newest `rows` bookings, and whom they need."""

    day: date
    rows: int
    seed: int

    @property
    def index(self) -> int:
        return (self.day - EPOCH).days

    @property
    def daily(self) -> int:
        """Bookings made a day."""
        return max(1, self.rows // DAYS_OF_BOOKINGS)

    @property
    def days(self) -> int:
        """How many days of bookings a snapshot reaches back."""
        return -(-self.rows // self.daily)

    @property
    def joining(self) -> int:
        """Users who join a day."""
        return max(1, self.daily // BOOKINGS_A_USER)

    @property
    def users(self) -> int:
        return 2 * self.days * self.joining

    @property
    def companies(self) -> int:
        return max(1, self.users // USERS_A_COMPANY)

    def company_lines(self) -> list[bytes]:
        who = np.arange(1, self.companies + 1, dtype=np.uint64)
        made = below(drawn(who, "founded"), YEAR)
        statuses = below(drawn(who, "status", self.seed, self.index), len(COMPANY_STATUSES))
        return [
            b"%d,%s,%s 08:30:00 UTC,%s %s\n"
            % (
                number,
                COMPANY_STATUSES[status].tobytes().rstrip(b"\0"),
                (EPOCH + timedelta(days=int(founded))).isoformat().encode(),
                TREES[number % len(TREES)].encode(),
                TRADES[number // len(TREES) % len(TRADES)].encode(),
            )
            for number, status, founded in zip(range(1, self.companies + 1), statuses, made, strict=True)
        ]

    def user_rows(self, first: int, last: int) -> Text:
        row = np.arange(first, last, dtype=np.uint64)
        user = row + np.uint64(self._next_user - self.users)
        joined = user // np.uint64(self.joining)
        return beside(
            unpadded(user),
            b",",
            self._created(user, joined, b""),
            b",",
            unpadded(below(drawn(user, "company"), self.companies) + np.uint64(1)),
            b",",
            USER_STATUSES[below(drawn(user, "status", self.seed, self.index), len(USER_STATUSES))],
            b",",
            FLAGS[below(drawn(user, "demo"), len(FLAGS))],
            b"\n",
        )

    def booking_rows(self, first: int, last: int) -> Text:
        row = np.arange(first, last, dtype=np.uint64)
        booking = row + np.uint64((self.index + 1) * self.daily - self.rows)
        made = booking // np.uint64(self.daily)
        starts = made + below(drawn(booking, "ahead"), LONGEST_AHEAD)
        opens = below(drawn(booking, "opens"), OPEN_HOURS) + np.uint64(OPENS)
        lasts = below(drawn(booking, "lasts"), LONGEST_HOURS) + np.uint64(1)
        minute = below(drawn(booking, "minute"), 4) * np.uint64(15)
        return beside(
            unpadded(self._booker(booking, made)),
            b",",
            unpadded(booking),
            b",",
            self._created(booking, made, b"NULL"),
            b",",
            BOOKING_STATUSES[below(drawn(booking, "status", self.seed, self.index), len(BOOKING_STATUSES))],
            b",",
            CHECKINS[below(drawn(booking, "checkin"), len(CHECKINS))],
            b",",
            self._dates(starts),
            _hour(opens, minute),
            b",",
            self._dates(starts),
            _hour(opens + lasts, minute),
            b",",
            FLAGS[below(drawn(booking, "demo"), len(FLAGS))],
            b"\n",
        )

    @property
    def _next_user(self) -> int:
        return (self.index + 1) * self.joining

    def _booker(self, booking: Numbers, made: Numbers) -> Numbers:
        """One of those who joined in the time before, as long as a snapshot reaches back."""
        ago = below(drawn(booking, "booker"), self.days * self.joining)
        return (made + np.uint64(1)) * np.uint64(self.joining) - np.uint64(1) - ago

    def _created(self, subject: Numbers, index: Numbers, unknown: bytes) -> Text:
        """A moment of the day; of one in ODD only the day is known, of another one nothing."""
        bits = drawn(subject, "created")
        second, odd = below(bits, 86_400), below(drawn(subject, "odd"), ODD)
        micro = below(drawn(subject, "micro"), 1_000_000)
        full = beside(self._dates(index), _clock(second, micro))
        day_only = beside(self._dates(index), np.zeros((len(subject), full.shape[1] - 10), dtype=np.uint8))
        nothing = lookup([unknown.ljust(full.shape[1], b"\0")])[np.zeros(len(subject), dtype=np.uint64)]
        nothing = np.pad(nothing, ((0, 0), (0, full.shape[1] - nothing.shape[1])))
        chosen = odd[:, np.newaxis]
        return np.where(chosen == 0, day_only, np.where(chosen == 1, nothing, full)).astype(np.uint8)

    def _dates(self, index: Numbers) -> Text:
        """Days since EPOCH as dates."""
        oldest = int(index.min()) if len(index) else 0
        newest = int(index.max()) if len(index) else 0
        days = [(EPOCH + timedelta(days=n)).isoformat().encode() for n in range(oldest, newest + 1)]
        text: Text = lookup(days)[index - np.uint64(oldest)]
        return text


def tables(day: date, *, first: bool, rows: int, seed: int, dirty: float) -> tuple[SampleTable, ...]:
    """The day's snapshots; every day is whole, also the first."""
    del first
    bookings = BookingsDay(day, rows, seed)
    earliest = EPOCH + timedelta(days=max(YEAR, 2 * bookings.days))
    if day < earliest:
        raise UsageError(f"there are no {rows} sample bookings as of {day}", f"ask for days from {earliest} on")
    companies = lookup(bookings.company_lines())

    def spoilt(count: int, part: int) -> Sequence[int]:
        return dirty_rows(count, dirty, seed + part, bookings.index)

    return (
        SampleTable(
            "company",
            COMPANY_HEADER,
            len(companies),
            lambda start, end: companies[start:end],
            False,
            _spoils(2),
            spoilt(len(companies), 0),
        ),
        SampleTable(
            "users",
            USERS_HEADER,
            bookings.users,
            bookings.user_rows,
            False,
            _spoils(1),
            spoilt(bookings.users, 1),
        ),
        SampleTable(
            "booking",
            BOOKING_HEADER,
            rows,
            bookings.booking_rows,
            True,
            (dirt.swapped(5, 6), *_spoils(2)),
            spoilt(rows, 2),
        ),
    )


def _clock(second: Numbers, micro: Numbers) -> Text:
    """` 05:39:41.448694 UTC`"""
    return beside(
        b" ",
        two_digits(second // np.uint64(3600)),
        b":",
        two_digits(second // np.uint64(60) % np.uint64(60)),
        b":",
        two_digits(second % np.uint64(60)),
        b".",
        right_aligned(micro + np.uint64(1_000_000), 7)[:, 1:],
        b" UTC",
    )


def _hour(hour: Numbers, minute: Numbers) -> Text:
    return beside(b" ", two_digits(hour), b":", two_digits(minute), b":00 UTC")
