"""Commands: what Redis is told and asked of a cache's keys, spelt by PostgreSQL as the protocol wants it.

Texts are joined by `||`: `concat` looks up at each call how its arguments are printed, and took 2.7 µs a row where this
takes 1.0.

Belongs here: selects whose rows are commands, and the answers that Redis should give. Not here: which keys change
(`redis_cache.py`), sending (`resp.py`).
"""

from psycopg2 import sql

from acme_platform.model.table import SORTED_PAIRS, Table
from acme_platform.serving.resp import part, spelt
from acme_platform.warehouse.connection import name

KEY = sql.Identifier("key")
#: how a map begins in the two versions of the protocol: its pairs, or twice as many elements
MAP = {3: sql.SQL("'%%' || pairs || {end}"), 2: sql.SQL("'*' || (2 * pairs) || {end}")}
END = sql.Literal("\r\n")


def filling(table: Table, rows: sql.Composable) -> sql.Composed:
    """One command a key that says all its rows say, every value as PostgreSQL prints it, empty ones left out."""
    texts = sql.SQL("(select {} from {} offset 0) as texts").format(_texts(table), rows)
    verb = sql.Literal(f"\r\n{part('ZADD' if table.pairs == SORTED_PAIRS else 'HSET')}")
    return sql.SQL("select '*' || (2 + 2 * pairs) || {} || {} || said from {}").format(
        verb, _part(KEY), _said(table, texts)
    )


def asking(table: Table, protocol: int, *, expiring: bool) -> sql.Composed:
    """Of each hash behind %(after)s its key, what asks Redis for it, and the answer if all is well, in order of keys.

    Where keys of that database expire, each is also asked when.
    """
    texts = sql.SQL("(select {} from {} where key > %(after)s order by key offset 0) as texts").format(
        _texts(table), name(table.full_name)
    )
    ask, answer = _get("HGETALL"), sql.SQL("{} || said").format(MAP[protocol].format(end=END))
    if expiring:
        ask, answer = sql.SQL("{} || {}").format(ask, _get("PTTL")), sql.SQL("{} || ':-1' || {}").format(answer, END)
    return sql.SQL("select key, {}, {} from {} order by key").format(ask, answer, _said(table, texts))


def emptying(keys: str) -> sql.Composed:
    """One UNLINK a key."""
    return sql.SQL("select {} from {}").format(_get("UNLINK"), sql.Identifier(keys))


def _get(verb: str) -> sql.Composed:
    """A command of a verb and the key."""
    return sql.SQL("{} || {}").format(sql.Literal(spelt(verb, "").removesuffix(part(""))), _part(KEY))


def _texts(table: Table) -> sql.Composed:
    columns = map(sql.Identifier, table.sql.shape.names)
    return sql.SQL(", ").join(sql.SQL("{0}::text as {0}").format(column) for column in columns)


def _said(table: Table, texts: sql.Composed) -> sql.Composed:
    """Of each key how many pairs it holds, and these."""
    return _paired(table.pairs, texts) if table.pairs else _whole(table.sql.shape.names, texts)


def _whole(columns: tuple[str, ...], texts: sql.Composed) -> sql.Composed:
    """A row is a hash: its columns are the fields. What is missing counts for nothing."""
    fields = [column for column in columns if column != "key"]
    said = [
        sql.SQL("coalesce({} || {}, '')").format(sql.Literal(part(field)), _part(sql.Identifier(field)))
        for field in fields
    ]
    return sql.SQL("(select key, num_nonnulls({}) as pairs, {} as said from {}) as hashes").format(
        sql.SQL(", ").join(map(sql.Identifier, fields)), sql.SQL(" || ").join(said), texts
    )


def _paired(columns: tuple[str, ...], texts: sql.Composed) -> sql.Composed:
    """A row is a field of a hash, or a member of a sorted set, which comes behind its score.

    Fields go in one order: a small hash keeps it, so that Redis answers as it was told.
    """
    order = reversed(columns) if columns == SORTED_PAIRS else columns
    pair = sql.SQL(" || ").join(_part(sql.Identifier(column)) for column in order)
    return sql.SQL(
        "(select key, count(pair) as pairs, string_agg(pair, '' order by {} collate \"C\") as said"
        " from (select *, {} as pair from {}) as pairs group by key) as hashes"
    ).format(sql.Identifier(columns[0]), pair, texts)


def _part(text: sql.Composable) -> sql.Composed:
    """A part behind its length in bytes as Redis will count them, whatever the encoding of the database."""
    return sql.SQL("'$' || octet_length(convert_to({0}, 'UTF8')) || {1} || {0} || {1}").format(text, END)
