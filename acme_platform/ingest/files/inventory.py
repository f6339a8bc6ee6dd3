"""The inventory: what stands in the lake beside what the ledger knows of it, looked at and left as it is.

Belongs here: the comparison for people, of all feeds at once. Not here: what a sensor does about new files
(`new_files.py`), which also remembers the names that belong nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from acme_platform.cursor import Cursor
from acme_platform.ingest.files.removed_files import missing
from acme_platform.ingest.files.routing import EXPORTS, place_all, standing
from acme_platform.lake import Lake
from acme_platform.ledger import deliveries, rejected
from acme_platform.registry import catalog


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

    @classmethod
    def refused(cls, found: rejected.Refused) -> "File":
        return cls(found.table_name, found.day, found.file, found.reason, found.may_be_accepted)


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


def take(cursor: Cursor, lake: Lake, first_day: date) -> Inventory:
    """Compare; one listing of the lake and one query."""
    names = [table.full_name for table in catalog.tables().values() if table.delivered]
    refused = {(one.file, one.etag): one for one in rejected.refused(cursor, names)}
    visible = {one.identity: one for one in deliveries.known_files(cursor, names) if one.is_visible}
    found = [one for one in lake.list("") if not one.key.startswith(f"{EXPORTS}/")]
    placed, strange = place_all((one for one in found if not one.closed), first_day)
    result = Inventory(strange={one.key: why for one, why in [*strange, *lake.others("")]})
    result.closed = [one.closed for one in found if one.closed]
    for one in standing(placed):
        if one.identity in refused:
            result.refused.append(File.refused(refused[one.identity]))
        elif one.identity not in visible:
            result.waiting.append(File(one.table.full_name, one.day, one.found.key, since=one.found.modified))
    gone = set(missing((one.file for one in visible.values()), found))
    result.withdrawn = [File(one.table_name, one.day, one.file) for one in visible.values() if one.file in gone]
    return result


def by_table(files: Iterable[File]) -> dict[str, list[File]]:
    """The files of each table that has any, the newest day first; tables in the catalog's order."""
    found: dict[str, list[File]] = {name: [] for name in catalog.tables()}
    for file in sorted(files, key=lambda file: file.day, reverse=True):
        found[file.table_name].append(file)
    return {name: of_table for name, of_table in found.items() if of_table}
