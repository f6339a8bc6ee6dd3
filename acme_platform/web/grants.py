"""Grants: what the role that answers may read, given by the owner of the warehouse, and looked for by the role itself.

Belongs here: rights. Not here: which role it is, and that it cannot write (`reader.py`).

It reads the schemas from which questions read, and of the ledger what was delivered and filled, and what checks said of
it, but no sample of broken rows. Tables that are made later, or anew, it reads by the default rights of their schemas.
"""

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.serving.question import every_question
from acme_platform.warehouse.connection import lock

#: without the sample
VERDICTS = ("table_name", "day", "check_name", "severity", "broken_rows", "compared")
LEDGER = ("builds", "deliveries", "verdicts")
#: of the given schemas what is no partition, a partition being read through its table, and the role cannot read yet
UNREAD = (
    "select quote_ident(nspname) || '.' || quote_ident(relname) from pg_class join pg_namespace"
    " on pg_namespace.oid = relnamespace where nspname = any(%(schemas)s) and relkind in ('r', 'p', 'v')"
    " and not relispartition and not has_table_privilege(%(role)s, pg_class.oid, 'select')"
)
#: somebody else's table is not ours to show
OWN = f"{UNREAD} and pg_has_role(relowner, 'usage')"
ASKED = f"{UNREAD} and nspname || '.' || relname = any(%(tables)s)"
CLOSED = (
    "select wanted.name from unnest(%(schemas)s || array['ledger']) as wanted (name) left join pg_namespace"
    " on nspname = wanted.name where oid is null or not has_schema_privilege(%(role)s, oid, 'usage')"
)
UNREAD_LEDGER = (
    "select 'ledger.' || wanted.name from unnest(%(ledger)s) as wanted (name) left join pg_class"
    " on relname = wanted.name and relnamespace = to_regnamespace('ledger')"
    " where oid is null or not has_any_column_privilege(%(role)s, oid, 'select')"
)


def schemas() -> list[str]:
    """Those from which questions read."""
    return sorted({table.partition(".")[0] for asked in every_question().values() for table in asked.tables})


def missing(cursor: Cursor, role: str) -> list[str]:
    """Schemas and tables that the role should be able to read and cannot."""
    tables = [table for asked in every_question().values() for table in asked.selects_from]
    given = {"schemas": schemas(), "tables": tables, "ledger": list(LEDGER), "role": role}
    found: list[str] = []
    for query in (CLOSED, ASKED, UNREAD_LEDGER):
        cursor.execute(query, given)
        found += [name for (name,) in cursor]
    return sorted(found)


def grant(cursor: Cursor, role: str) -> None:
    """As the owner of it all; what was granted before is not granted again, for each grant writes."""
    lock(cursor, "grants of acme serve")
    _open_schemas(cursor, role)
    to = sql.Identifier(role)
    cursor.execute(OWN, {"schemas": schemas(), "role": role})
    for (table,) in cursor.fetchall():
        cursor.execute(sql.SQL("grant select on {} to {}").format(sql.SQL(table), to))
    columns = sql.SQL(", ").join(map(sql.Identifier, VERDICTS))
    cursor.execute(sql.SQL("grant select on ledger.builds, ledger.deliveries to {}").format(to))
    cursor.execute(sql.SQL("grant select ({}) on ledger.verdicts to {}").format(columns, to))


def _open_schemas(cursor: Cursor, role: str) -> None:
    """One that no table made yet is made, for its default rights."""
    cursor.execute("select nspname from pg_namespace where nspname = any(%s)", (schemas(),))
    there = {schema for (schema,) in cursor}
    for schema in schemas():
        names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
        if schema not in there:
            cursor.execute(sql.SQL("create schema {schema}").format(**names))
        cursor.execute(sql.SQL("grant usage on schema {schema} to {role}").format(**names))
        by_default = "alter default privileges in schema {schema} grant select on tables to {role}"
        cursor.execute(sql.SQL(by_default).format(**names))
    cursor.execute(sql.SQL("grant usage on schema ledger to {}").format(sql.Identifier(role)))
