"""The key of a source's row as one text: the same from the values of a change and from columns of raw.

Belongs here: making one text of the columns of a key, so that two keys have one text only where they are equal. Not
here: which columns those are (`table.py`).
"""

from psycopg2 import sql

from acme_platform.ingest.cdc.pgoutput import Values
from acme_platform.model.table import Table


def of_values(table: Table, values: Values) -> bytes | None:
    """None where a column of the key was not sent."""
    parts = [part for column in table.key if (part := values.get(column)) is not None]
    if len(parts) < len(table.key):
        return None
    return parts[0] if len(parts) == 1 else b"".join(b"%d:%b" % (len(part.decode()), part) for part in parts)


def of_columns(table: Table, of: str = "") -> sql.Composable:
    """The same of a row of raw, by the name `of`; of several columns each stands behind its length."""
    columns = [sql.Identifier(*([of] if of else []), column) for column in table.key]
    if len(columns) == 1:
        return columns[0]
    return sql.SQL("concat({})").format(
        sql.SQL(", ").join(sql.SQL("length({column}), ':', {column}").format(column=column) for column in columns)
    )


def firsts(table: Table) -> sql.SQL:
    """A select of what the first column of the key says in the chains of `unsent`."""
    if len(table.key) == 1:
        return sql.SQL("select chain from unsent")
    return sql.SQL("select substr(chain, strpos(chain, ':') + 1, split_part(chain, ':', 1)::integer) from unsent")


def same(table: Table, left: str, other: str) -> sql.Composed:
    """Whether two rows have the key in common."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(left, column), sql.Identifier(other, column)) for column in table.key
    )
