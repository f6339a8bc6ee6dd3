"""The inventory: what stands in the lake beside what the ledger knows of it, looked at and left as it is.

Belongs here: the comparison for people, of all feeds at once. Not here: what a sensor does about new files
(`new_files.py`), which also remembers the names that belong nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from psycopg2.extensions import cursor

from acme_platform.ingest.files.removed_files import missing
from acme_platform.ingest.files.routing import EXPORTS, place_all, standing
from acme_platform.lake import Lake
from acme_platform.model import catalog


@dataclass(frozen=True)
class File:
    """One delivered file."""

    table_name: str
    day: date
    key: str
    #: why it was refused
    reason: str = ""
    #: refused for its rejects, which a person may accept
    may_be_accepted: bool = False
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
    #: folders that cannot be listed, and what to do
    closed: list[str] = field(default_factory=list)


def take(at: cursor, lake: Lake, first_day: date) -> Inventory:
    """Compare; one listing of the lake and one query."""
    refused, visible = _known(at)
    found = [one for one in lake.list("") if not one.key.startswith(f"{EXPORTS}/")]
    placed, strange = place_all((one for one in found if not one.closed), first_day)
    result = Inventory(strange={one.key: why for one, why in [*strange, *lake.others("")]})
    result.closed = [one.closed for one in found if one.closed]
    for one in standing(placed):
        if one.identity in refused:
            result.refused.append(refused[one.identity])
        elif one.identity not in visible:
            result.waiting.append(File(one.table.full_name, one.day, one.found.key, since=one.found.modified))
    gone = set(missing((file.key for file in visible.values()), found))
    result.withdrawn = [file for file in visible.values() if file.key in gone]
    return result


def _known(at: cursor) -> tuple[dict[tuple[str, str], File], dict[tuple[str, str], File]]:
    """Refused and visible files by (key, etag)."""
    at.execute(
        "select state, etag, table_name, day, file, coalesce(reason, ''), has_too_many_rejects"
        " from ledger.deliveries"
        " where state in ('refused', 'visible') and table_name = any(%s) order by delivery_id",
        ([table.full_name for table in catalog.tables().values() if table.delivered],),
    )
    found: dict[str, dict[tuple[str, str], File]] = {"refused": {}, "visible": {}}
    for state, etag, *facts in at:
        file = File(*facts)
        found[state][file.key, etag] = file
    return found["refused"], found["visible"]


def by_table(files: Iterable[File]) -> dict[str, list[File]]:
    """The files of each table that has any, the newest day first; tables in the catalog's order."""
    found: dict[str, list[File]] = {name: [] for name in catalog.tables()}
    for file in sorted(files, key=lambda file: file.day, reverse=True):
        found[file.table_name].append(file)
    return {name: of_table for name, of_table in found.items() if of_table}
