"""Migrations: the numbered files of `sql/migrations/`, each applied once, in order, in one transaction.

Belongs here: the bookkeeping's own schema. Not here: the tables of the feeds, which `ddl.py` makes on first use.
"""

from psycopg2.extensions import cursor

from acme_assets import catalog, fingerprint
from acme_assets.errors import MendInput
from acme_assets.sqlfile import SQL
from acme_assets.warehouse import Warehouse, lock

OLDEST = 160000
#: since this one, files are told apart by what their SQL says
FINGERPRINTS = "090_shapes"


def migrate(warehouse: Warehouse) -> list[str]:
    """Apply what is missing; returns the names applied. Two processes at once apply each file once."""
    with warehouse.transaction("acme migrate") as at:
        lock(at, "migrate")
        at.execute("select current_setting('server_version_num')::int, current_setting('server_version')")
        number, version = at.fetchone() or (0, "?")
        if number < OLDEST:
            raise MendInput(
                f"the warehouse at {warehouse.address} is PostgreSQL {version}", "give it PostgreSQL 16 or newer"
            )
        return _apply_missing(at)


def _apply_missing(at: cursor) -> list[str]:
    at.execute(
        "create table if not exists public.acme_migrations"
        " (name text primary key, applied_at timestamptz not null default now())"
    )
    at.execute("select name from public.acme_migrations")
    done = {name for (name,) in at}
    missing = [path for path in sorted((SQL / "migrations").glob("*.sql")) if path.stem not in done]
    for path in missing:
        at.execute(path.read_text(encoding="utf-8"))
        at.execute("insert into public.acme_migrations (name) values (%s)", (path.stem,))
    if FINGERPRINTS in {path.stem for path in missing}:
        _take_over_fingerprints(at)
    return [path.stem for path in missing]


def _take_over_fingerprints(at: cursor) -> None:
    """What was filled by the files as they are now still is: an upgrade fills nothing again."""
    tables = catalog.tables().values()
    fingerprint.take_over(
        at, [(table.full_name, fingerprint.as_before(table.sql.text), table.code_version) for table in tables]
    )
