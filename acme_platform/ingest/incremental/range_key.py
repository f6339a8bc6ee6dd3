"""Keys that have ranges: their first column says in which range a row lies, all of them together which row it is.

A key of one whole number is compared as that number. One of several columns is compared as the text of a JSON array,
`["1", "12"]`, which the source and the warehouse make alike of the same values.

Belongs here: keys as SQL. Not here: ranges (`ranges.py`).
"""

from psycopg2 import sql

from acme_platform.model.table import Table

WHOLE_NUMBERS = ("smallint", "integer", "bigint")
#: types whose values are written alike by a cast to text and by COPY
ALIKE = (*WHOLE_NUMBERS, "text", "uuid", "date", "numeric")


def first(table: Table) -> sql.Identifier:
    """The column by which a row lies in its range."""
    return sql.Identifier(table.key[0])


def is_number(table: Table) -> bool:
    return len(table.key) == 1


def kind(table: Table) -> sql.SQL:
    """The type of a key."""
    return sql.SQL("bigint" if is_number(table) else "text")


def key(table: Table, of: str = "") -> sql.Composable:
    """Of a row of the source or of raw, where it goes by the name `of`; in raw even a number is a text."""
    columns = [sql.Identifier(*([of] if of else []), column) for column in table.key]
    if is_number(table):
        return columns[0]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(column) for column in columns)
    return sql.SQL("jsonb_build_array({})::text").format(texts)


def remembered(table: Table) -> sql.Identifier:
    """The column of `ledger.ranges` that holds such keys."""
    return sql.Identifier("keys" if is_number(table) else "row_keys")


def firsts(table: Table, relation: str) -> sql.Composed:
    """A select of what the first column of the key says, as text, in the keys of a relation."""
    first_column = "key::text" if is_number(table) else "key::jsonb ->> 0"
    return sql.SQL("select {} from {}").format(sql.SQL(first_column), sql.Identifier(relation))


def why_not(table: Table, kinds: dict[str, str]) -> str:
    """Why rows cannot be told apart by their key, given the types of its columns; nothing where they can."""
    column = table.key[0]
    if kinds.get(column) not in WHOLE_NUMBERS:
        return f"{column} of {table.source} is {kinds.get(column)}, and only whole numbers have ranges"
    for key_column, there in kinds.items():
        if not there.startswith((*ALIKE, "character varying", "timestamp")):
            return f"{key_column} of {table.source} is {there}, and keys of that type cannot be compared"
    return ""
