"""The destination of an object in the lake: which raw table takes it, and as which day.

Belongs here: the two ways in which a delivery says its day, and which of them counts. Not here: the shapes of dated
names (`filename.py`), what was already loaded (`new_files.py`, `inventory.py`).

    shop/orders/2024-01-02.csv    the name says the day
    orders_data/orders.csv        the sender overwrites one name: the day is the UTC day of the object's last change

An overwritten object can speak of no day but the one on which it changed. So a table that takes one also takes dated
names: they bring days of the past, and where a day has files of that name, they and not the object are the day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date

from acme_platform.day import is_ours, today
from acme_platform.errors import MendInput
from acme_platform.lake import Lake, LakeObject
from acme_platform.lake.filename import parse_key
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog, remedies

#: below it exports leave the lake: nothing there is a delivery
EXPORTS = "analytics_export"


@dataclass(frozen=True)
class Placed:
    """An object and where it belongs."""

    file: LakeObject
    table: Table
    day: date

    @property
    def identity(self) -> tuple[str, str]:
        """How the ledger knows it."""
        return self.file.key, self.file.etag


def place(file: LakeObject, first_day: date) -> Placed:
    """Where the object belongs; MendInput when it belongs nowhere."""
    if file.closed:
        raise MendInput(file.closed, "acme doctor")
    overwritten = catalog.objects().get(file.key)
    placed = Placed(file, overwritten, changed_on(file)) if overwritten else _named(file)
    if not is_ours(placed.day, first_day):
        raise MendInput(
            f"{file.key}: its day {placed.day} lies outside {first_day}..{today()}", "rename it, or set ACME_FIRST_DAY"
        )
    return placed


def place_all(objects: Iterable[LakeObject], first_day: date) -> tuple[list[Placed], list[tuple[LakeObject, str]]]:
    """What belongs somewhere, and the rest with what is wrong with it.

    What may belong to a feed that cannot be loaded is in neither: it waits, and the feed is told.
    """
    placed: list[Placed] = []
    strange: list[tuple[LakeObject, str]] = []
    for file in objects:
        try:
            placed.append(place(file, first_day))
        except MendInput as error:
            if not catalog.may_be_of_broken(file.key):
                strange.append((file, error.message))
    return placed, strange


def without_overwritten(placed: Iterable[Placed]) -> list[Placed]:
    """Without the overwritten objects of days that have files of dated names."""
    every = list(placed)
    dated = {
        (placed_file.table.full_name, placed_file.day)
        for placed_file in every
        if placed_file.file.key != placed_file.table.object
    }
    return [
        placed_file
        for placed_file in every
        if placed_file.file.key != placed_file.table.object
        or (placed_file.table.full_name, placed_file.day) not in dated
    ]


def files_of(lake: Lake, feed: str, table: Table, day: date) -> list[LakeObject]:
    """The table's files of that day. What else lies beside them stops nobody; `new_files.py` reports it.

    MendInput where some of them may lie in a folder that cannot be listed: the day would be filled without them.
    """
    where = f"{feed}/{table.delivered}/{day}"
    files = list(lake.list(where))
    for file in files:
        if file.closed and f"{where}/".startswith(file.key):
            raise MendInput(file.closed, remedies.fill(table.full_name, day))
    named = [file for file in files if _is_of(day, file.key)]
    overwritten = lake.stat(table.object) if table.object and not named else None
    return [overwritten] if overwritten and changed_on(overwritten) == day else named


def prefixes(feed: Feed) -> list[str]:
    """Where in the lake the feed's deliveries stand, each place once."""
    return sorted({f"{feed.name}/", *(f"{key.rpartition('/')[0]}/" for key in feed.objects)})


def changed_on(file: LakeObject) -> date:
    return file.modified.astimezone(UTC).date()


def _named(file: LakeObject) -> Placed:
    named = parse_key(file.key)
    feed = catalog.feed(named.feed)
    if named.table not in feed.deliveries:
        known = " and ".join(feed.deliveries) or "no files"
        raise MendInput(f"{file.key}: the feed {feed.name} takes {known}, not {named.table}", "rename it")
    return Placed(file, feed.deliveries[named.table], named.day)


def _is_of(day: date, key: str) -> bool:
    try:
        return parse_key(key).day == day
    except MendInput:
        return False
