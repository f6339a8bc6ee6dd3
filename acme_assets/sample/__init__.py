"""Sample deliveries: files like those of the real feeds, of any size, the same again for the same arguments.

Belongs here: which feeds have a generator, and the way from a day's tables to files in the lake's layout. One module is
one feed (`sales.py`); the others are what generators are made of (`draw`, `digits`, `text`, `dirt`, `table`, `output`).
To add a feed: a module with a function like `sales.tables`, and its line in FEEDS.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from acme_assets.sample import bookings, interactions, sales, shop
from acme_assets.sample.output import EXTENSIONS, Compression, sample_file
from acme_assets.sample.table import SampleTable
from acme_platform.day import Days
from acme_platform.errors import UsageError
from acme_platform.wording import instead_of

__all__ = ["FEEDS", "SampleFile", "write_sample"]


class Generator(Protocol):
    """A feed: the tables of one day. `first` says that nothing was delivered before it."""

    def __call__(self, day: date, *, first: bool, rows: int, seed: int, dirty: float) -> tuple[SampleTable, ...]: ...


FEEDS: dict[str, Generator] = {
    "bookings": bookings.tables,
    "interactions": interactions.tables,
    "sales": sales.tables,
    "shop": shop.tables,
}
#: the feed that is no files: its generator writes into the database itself (`operations.py`)
OF_A_DATABASE = "operations"


@dataclass(frozen=True)
class SampleFile:
    """A file that was written: its key below the target folder, and its rows without the header."""

    key: str
    rows: int


def write_sample(
    feed: str,
    days: Days,
    *,
    rows: int,
    seed: int,
    dirty: float,
    to: Path,
    parts: int = 1,
    compress: Compression = "none",
    progress: Callable[[int], None] | None = None,
    since: date | None = None,
) -> list[SampleFile]:
    """Writes the feed's deliveries of `days` below the folder `to`, replacing files of the same names.

    `rows` counts the rows a day of the feed's main table (sales: orders, with a fifth as many customers). A file's
    bytes follow from its day, `rows`, `seed` and `dirty`, not from the other days; only the day is special with which
    the feed starts, `since` or else the first of `days`, where it starts with a full list (sales: customers). `parts`
    splits the main table of each day without changing its rows. `dirty` is the share of rows that are wrong in some
    way, in every table, at least one where there are 100 rows. `progress` is told how many rows were just written.
    """
    if feed not in FEEDS:
        known = sorted([*FEEDS, OF_A_DATABASE])
        raise UsageError(f"there is no sample of the feed {feed!r}", instead_of(feed, known))
    if rows < 1 or parts < 1:
        raise UsageError(f"{rows} rows in {parts} parts are not a delivery", "ask for at least 1 of each")
    written = []
    for day in days:
        for table in FEEDS[feed](day, first=day == (since or days.first), rows=rows, seed=seed, dirty=dirty):
            stem = f"{feed}/{table.name}/{day}"
            for name, first, last in _pieces(table, parts):
                key = f"{stem}{name}{EXTENSIONS[compress]}"
                _write(table, first, last, path=to / key, compress=compress, progress=progress)
                written.append(SampleFile(key, last - first))
    return written


def _pieces(table: SampleTable, parts: int) -> Iterator[tuple[str, int, int]]:
    """What follows the day in each file's name, and the rows from which to which it holds."""
    if parts == 1 or not table.splits:
        yield "", 0, table.rows
        return
    for part in range(parts):
        yield f"/part-{part + 1:04}", table.rows * part // parts, table.rows * (part + 1) // parts


def _write(
    table: SampleTable,
    first: int,
    last: int,
    *,
    path: Path,
    compress: Compression,
    progress: Callable[[int], None] | None,
) -> None:
    with sample_file(path, compress) as file:
        file.write(table.header)
        for text in table.text(first, last):
            file.write(text)
            if progress:
                progress(text.count(b"\n"))
