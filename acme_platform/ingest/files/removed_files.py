"""Withdrawals: files that raw holds and that are gone from the lake. Their rows stay; a check says so.

Belongs here: finding them. Not here: taking rows away, which nothing does by itself: a lake that loses its files must
not take the warehouse with it.
"""

from collections.abc import Iterable
from datetime import date
from os.path import commonprefix

from acme_platform.cursor import Cursor
from acme_platform.ingest.files.listing import Sweep
from acme_platform.lake import Lake, LakeObject
from acme_platform.ledger import check_results, deliveries
from acme_platform.ledger.deliveries import Known

CHECK = "deliveries_in_lake"
MEANING = "Every file that the day was loaded from still stands in the lake; one that is gone keeps its rows."

#: a table and a day
TableDay = tuple[str, date]


def gone(cursor: Cursor, lake: Lake, table_name: str, day: date) -> list[str]:
    """Files of the day that raw holds and the lake does not."""
    files = [
        delivery.file for delivery in deliveries.deliveries(cursor, table_name, day) if delivery.state == "visible"
    ]
    # one listing for a day of a thousand parts
    there = list(lake.list(commonprefix(files))) if files else []  # noqa: RUF071  # keys, not paths
    return missing(files, there)


def missing(files: Iterable[str], there: Iterable[LakeObject]) -> list[str]:
    """Of these files those that are not there. Of one in a folder that cannot be listed nobody knows."""
    objects = list(there)
    keys, closed = {file.key for file in objects}, tuple(file.key for file in objects if file.closed)
    return [file for file in files if file not in keys and not file.startswith(closed)]


def unnoticed(cursor: Cursor, lake: Lake, known: Iterable[Known], seen: Sweep) -> list[TableDay]:
    """Where the check has to look again: a file left since it did, or came back."""
    shown = [delivery for delivery in known if delivery.is_visible and delivery.file in seen]
    files = set(missing((delivery.file for delivery in shown), seen.objects))
    left = {(delivery.table_name, delivery.day) for delivery in shown if delivery.file in files}
    noticed = check_results.broken(cursor, CHECK, {delivery.table_name for delivery in known})
    back = {(name, day) for name, day in noticed - left if not gone(cursor, lake, name, day)}
    return sorted(left - noticed | back)
