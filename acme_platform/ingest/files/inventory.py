"""The inventory: what stands in the lake beside what the ledger knows of it, looked at and left as it is.

Belongs here: the comparison for people, of all feeds at once. Not here: what a sensor does about new files
(`new_files.py`), which also remembers the names that belong nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from acme_platform.cursor import Cursor
from acme_platform.ingest.files.removed_files import missing
from acme_platform.ingest.files.routing import EXPORTS, place_all, without_overwritten
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
    def refused(cls, refusal: rejected.Refused) -> "File":
        return cls(refusal.table_name, refusal.day, refusal.file, refusal.reason, refusal.may_be_accepted)


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
    refused = {(refusal.file, refusal.etag): refusal for refusal in rejected.refused(cursor, names)}
    visible = {delivery.identity: delivery for delivery in deliveries.known_files(cursor, names) if delivery.is_visible}
    objects = [file for file in lake.list("") if not file.key.startswith(f"{EXPORTS}/")]
    placed, strange = place_all((file for file in objects if not file.closed), first_day)
    result = Inventory(strange={strange_file.key: why for strange_file, why in [*strange, *lake.others("")]})
    result.closed = [file.closed for file in objects if file.closed]
    for placed_file in without_overwritten(placed):
        if placed_file.identity in refused:
            result.refused.append(File.refused(refused[placed_file.identity]))
        elif placed_file.identity not in visible:
            result.waiting.append(
                File(
                    placed_file.table.full_name,
                    placed_file.day,
                    placed_file.file.key,
                    since=placed_file.file.modified,
                )
            )
    gone = set(missing((delivery.file for delivery in visible.values()), objects))
    result.withdrawn = [
        File(delivery.table_name, delivery.day, delivery.file) for delivery in visible.values() if delivery.file in gone
    ]
    return result


def by_table(files: Iterable[File]) -> dict[str, list[File]]:
    """The files of each table that has any, the newest day first; tables in the catalog's order."""
    files_of_table: dict[str, list[File]] = {name: [] for name in catalog.tables()}
    for file in sorted(files, key=lambda file: file.day, reverse=True):
        files_of_table[file.table_name].append(file)
    return {name: of_table for name, of_table in files_of_table.items() if of_table}
