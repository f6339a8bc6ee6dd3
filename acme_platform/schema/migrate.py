"""Migrations: the numbered files beside this module, then the company's own, each applied once, in one transaction.

Belongs here: applying them. Not here: the tables of the feeds, which `ddl.py` makes on first use.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.model import fingerprint
from acme_platform.model.company import company
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import Warehouse, lock

PLATFORM = Path(__file__).parent / "migrations"
OLDEST = 160000
ENCODING = "UTF8"
#: since this one, files are told apart by what their SQL says
FINGERPRINTS = "090_shapes"
#: since this one, files call a function where they spelt its condition
AS_OF = "110_as_of"


def migrate(warehouse: Warehouse) -> list[str]:
    """Apply what is missing; returns the names applied. Two processes at once apply each file once."""
    with warehouse.transaction("acme migrate") as cursor:
        lock(cursor, "migrate")
        _refuse_unfit(cursor, warehouse.address)
        return _apply_missing(cursor)


def _refuse_unfit(cursor: Cursor, address: str) -> None:
    cursor.execute(
        "select current_setting('server_version_num')::int, current_setting('server_version'),"
        " current_setting('server_encoding')"
    )
    ((number, version, encoding),) = cursor
    if number < OLDEST:
        raise MendInput(f"the warehouse at {address} is PostgreSQL {version}", "give it PostgreSQL 16 or newer")
    if encoding != ENCODING:
        raise MendInput(
            f"the warehouse at {address} keeps its text as {encoding}, which cannot hold every name",
            "make its database anew: createdb --template template0 --encoding UTF8 NAME",
        )


def _apply_missing(cursor: Cursor) -> list[str]:
    cursor.execute(
        "create table if not exists public.acme_migrations"
        " (name text primary key, applied_at timestamptz not null default now())"
    )
    cursor.execute("select name from public.acme_migrations")
    done = {name for (name,) in cursor}
    missing = {name: path for name, path in files() if name not in done}
    for name, path in missing.items():
        cursor.execute(path.read_text(encoding="utf-8"))
        cursor.execute("insert into public.acme_migrations (name) values (%s)", (name,))
    if FINGERPRINTS in missing:
        _take_over_letters(cursor)
    if AS_OF in missing:
        _take_over_conditions(cursor)
    return list(missing)


def files() -> Iterator[tuple[str, Path]]:
    """(name, file); a file of the company's has its name before it, for both may have the same numbers."""
    yield from ((path.stem, path) for path in sorted(PLATFORM.glob("*.sql")))
    own = sorted((company().sql / "migrations").glob("*.sql"))
    yield from ((f"{company().name} {path.stem}", path) for path in own)


def _take_over_letters(cursor: Cursor) -> None:
    """What was filled by the files as they are now still is: an upgrade fills nothing again."""
    fingerprint.take_over(
        cursor,
        [
            (table.full_name, fingerprint.as_before(text), table.code_version)
            for table in catalog.tables().values()
            for text in {table.sql.text, fingerprint.before_as_of(table.sql.text)}
        ],
    )


def _take_over_conditions(cursor: Cursor) -> None:
    """The same, for files that differ by nothing but `staging.as_of`."""
    spelt_out = [
        (table, replace(table.sql, text=fingerprint.before_as_of(table.sql.text)))
        for table in catalog.tables().values()
    ]
    fingerprint.take_over(
        cursor, [(table.full_name, table.code_version_of(before), table.code_version) for table, before in spelt_out]
    )
