"""The reader: the role that `acme serve` asks the warehouse as, what it is granted, and that it cannot write.

Belongs here: rights. Not here: making the role of the embedded server (`embedded/bootstrap.py`), asking (`answers.py`).

It reads the schemas from which questions read, and of the ledger what was delivered and filled, and what checks said of
it, but no sample of broken rows. Tables that are made later, or anew, it reads by the default rights of their schemas.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from psycopg2 import sql

from acme_platform import embedded
from acme_platform.config.url import Url
from acme_platform.cursor import Cursor
from acme_platform.embedded.bootstrap import READER
from acme_platform.errors import MendInput
from acme_platform.services import Services
from acme_platform.serving.question import questions
from acme_platform.warehouse.connection import Warehouse, lock

#: without the sample
VERDICTS = ("table_name", "day", "check_name", "severity", "broken_rows", "compared")
#: of the given schemas what is no partition, a partition being read through its table, and was not granted yet
UNGRANTED = (
    "select quote_ident(nspname) || '.' || quote_ident(relname) from pg_class join pg_namespace"
    " on pg_namespace.oid = relnamespace where nspname = any(%(schemas)s) and relkind in ('r', 'p', 'v')"
    " and not relispartition and not has_table_privilege(%(role)s, pg_class.oid, 'select')"
)
WRITABLE = (
    "select count(*) from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = any(%s)"
    " and relkind in ('r', 'p') and not relispartition"
    " and has_table_privilege(pg_class.oid, 'insert, update, delete, truncate')"
)


def open_reader(services: Services) -> Warehouse:
    """The warehouse as its reader, which was granted what it needs.

    Raises MendInput where there is no such role, and where it could write.
    """
    owner = services.open_warehouse()
    url = services.settings.serve_url or _embedded(services, owner)
    reader, schemas = Warehouse(url), sorted(_schemas())
    try:
        with reader.transaction("acme serve") as cursor:
            cursor.execute("select current_user")
            ((role,),) = cursor.fetchall()
    except MendInput as error:
        raise MendInput(str(error.message), _create(unquote(Url.of(url).user) or READER, owner)) from error
    with owner.transaction("acme serve") as cursor:
        lock(cursor, "grants of acme serve")
        _grant(cursor, role, schemas)
    with reader.transaction("acme serve") as cursor:
        _refuse_writer(cursor, role, schemas, owner)
    owner.close()
    return reader


def _embedded(services: Services, owner: Warehouse) -> str:
    if services.settings.warehouse_url is None:
        return embedded.reader_url(services.settings)
    raise MendInput(
        "acme serve reads the warehouse as a role of its own, and nobody said which: ACME_SERVE_URL is not set",
        f"{_create(READER, owner)}, and set ACME_SERVE_URL like postgresql://{READER}:password@{owner.address}",
    )


def _create(role: str, owner: Warehouse) -> str:
    """As text for a person to type."""
    database = owner.address.rpartition("/")[2]
    return f"as the superuser: create role {role} login password '…'; grant connect on database {database} to {role};"


def _schemas() -> set[str]:
    """Those from which questions read."""
    return {table.partition(".")[0] for asked in questions().values() for table in asked.tables}


def _grant(cursor: Cursor, role: str, schemas: Iterable[str]) -> None:
    """As the owner of it all; what was granted before is not granted again, for each grant writes."""
    to = sql.Identifier(role)
    cursor.execute("select nspname from pg_namespace where nspname = any(%s)", (list(schemas),))
    there = [schema for (schema,) in cursor]
    for schema in (*there, "ledger"):
        cursor.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), to))
    for schema in there:
        cursor.execute(
            sql.SQL("alter default privileges in schema {} grant select on tables to {}").format(
                sql.Identifier(schema), to
            )
        )
    cursor.execute(UNGRANTED, {"schemas": there, "role": role})
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("grant select on {} to {}").format(sql.SQL(table), to))
    columns = sql.SQL(", ").join(map(sql.Identifier, VERDICTS))
    cursor.execute(sql.SQL("grant select on ledger.builds, ledger.deliveries to {}").format(to))
    cursor.execute(sql.SQL("grant select ({}) on ledger.verdicts to {}").format(columns, to))


def _refuse_writer(cursor: Cursor, role: str, schemas: list[str], owner: Warehouse) -> None:
    """Whoever set the URL may have named the owner, or a superuser."""
    cursor.execute(WRITABLE, ([*schemas, "ledger"],))
    ((writable,),) = cursor.fetchall()
    if writable:
        raise MendInput(
            f"acme serve reads as a role that cannot write, and {role} of ACME_SERVE_URL can",
            f"{_create(READER, owner)}, and name that role in ACME_SERVE_URL",
        )
