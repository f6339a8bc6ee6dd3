"""The subject of a profile: the rows of a file or of a table's day, as texts, in a temporary table.

Belongs here: getting them there. Not here: what is said of them (`profile.py`).

A file goes through the screen that every delivery goes through, so that a profile speaks of the rows that would load.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from psycopg2 import sql

from acme_platform.checks.subject import of_day
from acme_platform.cursor import Cursor
from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import CHUNK, decompressed
from acme_platform.ingest.csv.header import own_titles
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.csv.screen import Screen
from acme_platform.lake.filename import ending
from acme_platform.model.table import Table
from acme_platform.model.tolerance import ANYTHING

#: its columns are `1`, `2` …: titles of a file may be longer than a name can be in PostgreSQL
PROFILED = sql.Identifier("pg_temp", "profiled")
#: a header is shorter
LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Subject:
    """What stands in the temporary table."""

    name: str
    titles: tuple[str, ...]
    rows: int
    #: what the screen would put into the quarantine
    broken: tuple[Reject, ...] = ()
    #: column -> type, where somebody declared it
    declared: tuple[tuple[str, str], ...] = ()


def of_file(cursor: Cursor, path: Path) -> Subject:
    """Every whole row of the file. Raises RefusedFile where it would be refused whatever it is declared as."""
    ending(path.name)
    titles = titles_of(path)
    broken, marker = list[Reject](), secrets.token_hex(8)
    _create(cursor, len(titles))
    with path.open("rb") as raw:
        screen = Screen(
            decompressed(raw, path.name),
            file=path.name,
            columns=titles,
            marker=marker.encode(),
            reject=broken.append,
            tolerance=ANYTHING,
        )
        copy = sql.SQL("copy {} from stdin with (format csv)").format(PROFILED)
        cursor.copy_expert(copy, cast("BinaryIO", screen), size=CHUNK)
    copied = cursor.rowcount
    if broken:
        cursor.execute(sql.SQL('delete from {} where "1" = %s').format(PROFILED), (marker,))
    return Subject(str(path), tuple(titles), copied - len(broken), tuple(broken))


def of_table(cursor: Cursor, table: Table, day: date) -> Subject:
    """The rows of the day as PostgreSQL prints them: of versions those that the day said."""
    titles = table.sql.shape.names
    _create(cursor, len(titles))
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(title)) for title in titles)
    cursor.execute(
        sql.SQL("insert into {} select {} {}").format(PROFILED, texts, of_day(table)),
        {"day": day},
    )
    columns = () if table.layer.is_loaded else tuple((column.name, column.type) for column in table.sql.shape.columns)
    return Subject(f"{table.full_name} of {day}", titles, cursor.rowcount, declared=columns)


def titles_of(path: Path) -> list[str]:
    """The names in the first line of the file."""
    with path.open("rb") as raw:
        content, start = decompressed(raw, path.name), b""
        while b"\n" not in start and len(start) < LONGEST_HEADER and (more := content.read(CHUNK)):
            start += more
    if not start:
        raise RefusedFile(f"{path} is empty", "take a file with a header and some rows")
    return own_titles(start.partition(b"\n")[0].partition(b"\r")[0].removeprefix(b"\xef\xbb\xbf"), str(path))


def _create(cursor: Cursor, columns: int) -> None:
    cursor.execute("drop table if exists pg_temp.profiled")
    # In the order of code points: sorting and telling apart by a language's rules takes several times as long.
    texts = [sql.SQL('{} text collate "C"').format(sql.Identifier(str(number + 1))) for number in range(columns)]
    cursor.execute(sql.SQL("create temporary table profiled ({}) on commit drop").format(sql.SQL(", ").join(texts)))
