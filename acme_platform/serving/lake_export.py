"""An export to the lake: a day of some tables as CSV files, all of them or none.

Belongs here: when an export may be written, its name, what is remembered of it. Not here: how a CSV file is written
(`export.py`).

A file leaves only when every `must` check of its table, and of every other table of the export, has passed on that day.
The name `analytics_export/<day>-<digest>/` follows from the contents. The same answers export to the same files,
however often. A corrected day exports to a folder of its own, so nobody reads half of the old and half of the new. The
table `export.<name>` says which folder is the day's.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg2 import sql

from acme_platform.checks.builtin import checks
from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.errors import BlockedByCheck
from acme_platform.ingest.files.routing import EXPORTS
from acme_platform.lake import Lake
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.check_results import MUST
from acme_platform.model.table import Table
from acme_platform.registry import catalog, remedies
from acme_platform.schema.ddl import ensure
from acme_platform.warehouse.connection import Warehouse, lock, name, names, rows
from acme_platform.warehouse.written_sql import written_in


@dataclass(frozen=True)
class Exported:
    """What left; `written` counts the files that were not there already."""

    export_id: str
    rows: int
    written: int


@dataclass(frozen=True)
class Draft:
    """One table's file before it leaves."""

    table: Table
    path: Path
    rows: int

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def export(warehouse: Warehouse, lake: Lake, table: Table, day: date, run_id: str) -> Exported:
    """Write the day's files. Raises BlockedByCheck, with nothing written, where a `must` check has not passed."""
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor, tempfile.TemporaryDirectory() as folder:
        ensure(cursor, table)
        for table_read in (table, *map(catalog.table, table.upstream)):
            # Held to the end: what was checked is what is exported, nobody fills it anew in between.
            lock(cursor, table_read.lock(day))
        check_results.refuse_red(cursor, table, day)
        refuse_unchecked(cursor, table, day)
        seen = builds.newest_changes(cursor, table, day)
        drafts = [_draft(cursor, catalog.table(full_name), day, Path(folder)) for full_name in table.upstream]
        export_id = f"{day}-{_digest(drafts)}"
        written = sum(_put(lake, draft, export_id) for draft in drafts)
        _remember(cursor, table, day, drafts, export_id)
        count = sum(draft.rows for draft in drafts)
        builds.built(cursor, table.full_name, day, rows=count, run_id=run_id, seen=seen, version=table.code_version)
        return Exported(export_id, count, written)


def differing(cursor: Cursor, lake: Lake, table: Table, day: date) -> Iterator[dict[str, Any]]:
    """Tables of the day of which the lake does not hold what it should."""
    comparison = sql.SQL(
        "select wanted.table_name, wanted.row_count, there.row_count as exported_row_count, there.file, there.size"
        " from ({}) as wanted full join (select * from {} where day = %(day)s) as there using (table_name)"
    ).format(sql.SQL(table.sql.select), name(table.full_name))
    with written_in(table.sql, f"{table.full_name} of {day}"):
        held = rows(cursor, comparison, {"day": day})
    for row in held:
        file = lake.stat(row["file"]) if row["file"] else None
        if row["row_count"] != row["exported_row_count"] or file is None or file.size != row["size"]:
            yield {**row, "size_in_lake": file and file.size}


def folders(lake: Lake, days: Days) -> list[str]:
    """Where the days left, each time with other answers."""
    folder_names = dict.fromkeys(file.key.rpartition("/")[0] for file in lake.list(f"{EXPORTS}/"))
    return [folder for folder in folder_names if _day_of(folder) in days]


def _day_of(folder: str) -> date:
    """A folder that no export made is of no day."""
    try:
        return date.fromisoformat(folder.removeprefix(f"{EXPORTS}/")[:10])
    except ValueError:
        return date.min


def refuse_unchecked(cursor: Cursor, table: Table, day: date) -> None:
    """No verdict is no pass: a table that was filled without its checks waits for them."""
    for full_name in table.upstream:
        wanted = {check.name for check in checks(catalog.table(full_name)) if check.severity == MUST}
        if missing := sorted(wanted - check_results.passed(cursor, full_name, day)):
            if missing[0] in check_results.without_subject(cursor, full_name, day):
                why, mend = "had nothing to compare", "it leaves when there are rows; acme status shows what came"
            else:
                why, mend = "has not been checked", remedies.fill(full_name, day)
            said = f"{table.full_name} of {day} exports nothing: {missing[0]} {why} on {full_name}"
            raise BlockedByCheck(said, mend)


def _draft(cursor: Cursor, table: Table, day: date, folder: Path) -> Draft:
    # pandas takes a fifth of a second to import, which other layers need not wait for
    import pandas as pd  # noqa: PLC0415

    from acme_platform.serving.csv_files import write_csv  # noqa: PLC0415

    query = sql.SQL("select * from {} where {} = %(day)s order by {}").format(
        name(table.full_name), sql.Identifier(table.day_column), names(table.sql.shape.key)
    )
    counted = rows(cursor, query, {"day": day})
    answer = pd.DataFrame(counted, columns=list(table.sql.shape.names), dtype=object)
    return Draft(table, write_csv(answer, folder / f"{table.name}.csv"), len(counted))


def _digest(drafts: Sequence[Draft]) -> str:
    digest = hashlib.sha256()
    for draft in drafts:
        digest.update(f"{draft.table.full_name} {draft.size}\n".encode() + draft.path.read_bytes())
    return digest.hexdigest()[:12]


def _key(draft: Draft, export_id: str) -> str:
    return f"{EXPORTS}/{export_id}/{draft.table.name}.csv"


def _put(lake: Lake, draft: Draft, export_id: str) -> bool:
    """The lake writes under a temporary name and renames. Whether the file was not there yet."""
    there = lake.stat(_key(draft, export_id))
    if there is not None and there.size == draft.size:
        return False
    with draft.path.open("rb") as source:
        lake.put(_key(draft, export_id), source)
    return True


def _remember(cursor: Cursor, table: Table, day: date, drafts: Sequence[Draft], export_id: str) -> None:
    held = name(table.full_name)
    cursor.execute(sql.SQL("delete from {} where day = %(day)s").format(held), {"day": day})
    for draft in drafts:
        cursor.execute(
            sql.SQL("insert into {} (day, table_name, row_count, file, size) values (%s, %s, %s, %s, %s)").format(held),
            (day, draft.table.full_name, draft.rows, _key(draft, export_id), draft.size),
        )
