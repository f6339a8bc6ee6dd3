"""Commands: what Redis is told of a cache's keys, spelt by PostgreSQL as the protocol wants it.

Belongs here: selects whose rows are commands. Not here: which keys change (`cache.py`), sending (`multi.py`).
"""

from psycopg2 import sql

from acme_assets.multi import part, spelt
from acme_assets.table import SORTED_PAIRS, Table

KEY = sql.Identifier("key")


def filling(table: Table, rows: str) -> sql.Composed:
    """One command a key that says all its rows say, every value as PostgreSQL prints it, empty ones left out."""
    texts = sql.SQL("(select {} from {} offset 0) as texts").format(
        sql.SQL(", ").join(
            sql.SQL("{0}::text as {0}").format(sql.Identifier(column)) for column in table.sql.shape.names
        ),
        sql.Identifier(rows),
    )
    return _paired(table.pairs, texts) if table.pairs else _whole(table.sql.shape.names, texts)


def emptying(keys: str) -> sql.Composed:
    """One UNLINK a key."""
    head = sql.Literal(spelt("UNLINK", "").removesuffix(part("")))
    return sql.SQL("select {} || {} from {}").format(head, _part(KEY), sql.Identifier(keys))


def _whole(columns: tuple[str, ...], texts: sql.Composed) -> sql.Composed:
    """A row is a hash: its columns are the fields."""
    fields = [column for column in columns if column != "key"]
    pairs = [sql.SQL("{} || {}").format(sql.Literal(part(field)), _part(sql.Identifier(field))) for field in fields]
    there = sql.SQL("num_nonnulls({})").format(sql.SQL(", ").join(map(sql.Identifier, fields)))
    return sql.SQL("select {} from {}").format(_command("HSET", there, *pairs), texts)


def _paired(columns: tuple[str, ...], texts: sql.Composed) -> sql.Composed:
    """A row is a field of a hash, or a member of a sorted set, which comes behind its score."""
    verb, order = ("ZADD", reversed(columns)) if columns == SORTED_PAIRS else ("HSET", columns)
    pair = sql.SQL(" || ").join(_part(sql.Identifier(column)) for column in order)
    return sql.SQL("select {} from (select key, {} as pair from {}) as pairs group by key").format(
        _command(verb, sql.SQL("count(pair)"), sql.SQL("string_agg(pair, '')")), pair, texts
    )


def _command(verb: str, pairs: sql.Composable, *parts: sql.Composable) -> sql.Composed:
    """A verb, its key and so many pairs; `parts` that are null count for nothing."""
    return sql.SQL("concat('*', 2 + 2 * {}, {}, {}, {})").format(
        pairs, sql.Literal(f"\r\n{part(verb)}"), _part(KEY), sql.SQL(", ").join(parts)
    )


def _part(text: sql.Composable) -> sql.Composed:
    """A part behind its length in bytes as Redis will count them, whatever the encoding of the database."""
    return sql.SQL("'$' || octet_length(convert_to({0}, 'UTF8')) || {1} || {0} || {1}").format(
        text, sql.Literal("\r\n")
    )
