"""The inventory: what stands in the lake beside what the ledger knows of it, looked at and left as it is.

Belongs here: the comparison for people, of all feeds at once. Not here: what a sensor does about new files
(`arrivals.py`), which also remembers the names that belong nowhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from psycopg2.extensions import cursor

from acme_assets import catalog
from acme_assets.day import today
from acme_assets.errors import MendInput
from acme_assets.filename import parse_key
from acme_assets.lake import Lake, LakeObject


@dataclass(frozen=True)
class File:
    """One delivered file."""

    table_name: str
    day: date
    key: str
    #: why it was refused
    reason: str = ""
    #: when it was put into the lake
    since: datetime | None = None


@dataclass
class Inventory:
    """Every file that is not as it should be. A file that raw holds as it stands in the lake is in none of these."""

    #: new or changed, and not in raw
    waiting: list[File] = field(default_factory=list)
    #: refused as it stands in the lake
    refused: list[File] = field(default_factory=list)
    #: in raw, and gone from the lake
    withdrawn: list[File] = field(default_factory=list)
    #: key -> why no feed takes it
    strange: dict[str, str] = field(default_factory=dict)


def take(at: cursor, lake: Lake, first_day: date) -> Inventory:
    """Compare; one listing of the lake and one query."""
    refused, visible = _known(at)
    result, present = Inventory(), set()
    for found in lake.list(""):
        present.add(found.key)
        identity = found.key, found.etag
        if identity in refused:
            result.refused.append(refused[identity])
        elif identity not in visible:
            _place(result, found, first_day)
    result.withdrawn = [file for file in visible.values() if file.key not in present]
    return result


def _known(at: cursor) -> tuple[dict[tuple[str, str], File], dict[tuple[str, str], File]]:
    """Refused and visible files by (key, etag)."""
    at.execute(
        "select state, etag, table_name, day, file, coalesce(reason, '') from ledger.deliveries"
        " where state in ('refused', 'visible') order by delivery_id"
    )
    found: dict[str, dict[tuple[str, str], File]] = {"refused": {}, "visible": {}}
    for state, etag, *facts in at:
        file = File(*facts)
        found[state][file.key, etag] = file
    return found["refused"], found["visible"]


def _place(result: Inventory, found: LakeObject, first_day: date) -> None:
    try:
        table_name, day = _destination(found.key, first_day)
    except MendInput as error:
        result.strange[found.key] = error.message
    else:
        result.waiting.append(File(table_name, day, found.key, since=found.modified))


def _destination(key: str, first_day: date) -> tuple[str, date]:
    """The raw table and the day that a key names; MendInput when no feed takes it."""
    named = parse_key(key)
    deliveries = catalog.feed(named.feed).deliveries
    if named.table not in deliveries:
        raise MendInput(f"the feed {named.feed} takes {' and '.join(deliveries)}, not {named.table}")
    if not first_day <= named.day <= today():
        raise MendInput(f"its day lies outside {first_day}..{today()}")
    return deliveries[named.table].full_name, named.day


def by_table(files: list[File]) -> Iterator[tuple[str, list[File]]]:
    """The files of each table, the newest day first; tables in the catalog's order."""
    for name in catalog.tables():
        if found := sorted(
            (file for file in files if file.table_name == name), key=lambda file: file.day, reverse=True
        ):
            yield name, found
