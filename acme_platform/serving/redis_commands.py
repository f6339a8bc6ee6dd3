"""Commands: what Redis is told and asked of a cache's keys, spelt by PostgreSQL as the protocol wants them.

Texts are joined by `||`: `concat` looks up at each call how its arguments are printed. Each `||` copies what stands
before it, so neighbouring constants are one: a hash of two fields takes 0.8 µs instead of 1.3. A length is asked of a
text as it is, for a warehouse keeps UTF-8 (`schema/migrate.py`), and that is what Redis counts.

Belongs here: selects whose rows are commands, and the answers that Redis should give. Not here: which keys change
(`redis_cache.py`), sending (`resp.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from psycopg2 import sql

from acme_platform.model.table import SORTED_PAIRS, Table
from acme_platform.serving.resp import part, spelt
from acme_platform.warehouse.connection import name

#: a constant of the protocol, or what PostgreSQL computes of a row
Piece = str | sql.Composable
KEY = sql.Identifier("key")
END = "\r\n"
#: how a map begins in the two versions of the protocol, and how many it then counts of each pair
MAP = {3: ("%", 1), 2: ("*", 2)}


@dataclass(frozen=True)
class Said:
    """What is to be said of each key of `source`: how many pairs, and these."""

    pairs: int | sql.Composable
    pieces: tuple[Piece, ...]
    source: sql.Composable

    def count(self, of_each: int, more: int = 0) -> Piece:
        """So many of each pair, and some more."""
        if isinstance(self.pairs, int):
            return str(more + of_each * self.pairs)
        return sql.SQL("({} + {} * {})").format(sql.Literal(more), sql.Literal(of_each), self.pairs)


def filling(table: Table, rows: sql.Composable) -> sql.Composed:
    """One command a key that says all its rows say, every value as PostgreSQL prints it, empty ones left out."""
    said = _said(table, sql.SQL("(select {} from {} offset 0) as texts").format(_texts(table), rows))
    verb = part("ZADD" if table.pairs == SORTED_PAIRS else "HSET")
    command = _joined("*", said.count(2, more=2), END, verb, *_part(KEY), *said.pieces)
    return sql.SQL("select {} from {}").format(command, said.source)


def asking(table: Table, protocol: int, *, expiring: bool) -> sql.Composed:
    """Of each hash behind %(after)s its key, what asks Redis for it, and the answer if all is well, in order of keys.

    Where keys of that database expire, each is also asked when.
    """
    texts = sql.SQL("(select {} from {} where key > %(after)s order by key offset 0) as texts").format(
        _texts(table), name(table.full_name)
    )
    said, (sign, of_each) = _said(table, texts), MAP[protocol]
    ask, answer = [*_get("HGETALL")], [sign, said.count(of_each), END, *said.pieces]
    if expiring:
        ask, answer = [*ask, *_get("PTTL")], [*answer, ":-1", END]
    answers = (_joined(*(_doubled(piece) for piece in pieces)) for pieces in (ask, answer))
    return sql.SQL("select key, {}, {} from {} order by key").format(*answers, said.source)


def _doubled(piece: Piece) -> Piece:
    """A statement that is given values has each % of its text twice."""
    return piece.replace("%", "%%") if isinstance(piece, str) else piece


def emptying(keys: str) -> sql.Composed:
    """One UNLINK a key."""
    return sql.SQL("select {} from {}").format(_joined(*_get("UNLINK")), sql.Identifier(keys))


def _get(verb: str) -> Iterator[Piece]:
    """A command of a verb and the key."""
    yield spelt(verb, "").removesuffix(part(""))
    yield from _part(KEY)


def _texts(table: Table) -> sql.Composed:
    columns = map(sql.Identifier, table.sql.shape.names)
    return sql.SQL(", ").join(sql.SQL("{0}::text as {0}").format(column) for column in columns)


def _said(table: Table, texts: sql.Composed) -> Said:
    return _paired(table.pairs, texts) if table.pairs else _whole(table, texts)


def _whole(table: Table, texts: sql.Composed) -> Said:
    """A row is a hash: its columns are the fields. What is missing counts for nothing."""
    fields = [column for column in table.sql.shape.columns if column.name != "key"]
    pieces = (
        piece
        for field in fields
        for piece in (_field(field.name) if field.required else [_or_nothing(_field(field.name))])
    )
    there = sql.SQL("num_nonnulls({})").format(sql.SQL(", ").join(sql.Identifier(field.name) for field in fields))
    return Said(len(fields) if all(field.required for field in fields) else there, tuple(pieces), texts)


def _field(column: str) -> Iterator[Piece]:
    yield part(column)
    yield from _part(sql.Identifier(column))


def _or_nothing(pieces: Iterable[Piece]) -> sql.Composed:
    return sql.SQL("coalesce({}, '')").format(_joined(*pieces))


def _paired(columns: tuple[str, ...], texts: sql.Composed) -> Said:
    """A row is a field of a hash, or a member of a sorted set, which comes behind its score.

    Fields go in one order: a small hash keeps it, so that Redis answers as it was told.
    """
    order = reversed(columns) if columns == SORTED_PAIRS else columns
    pair = _joined(*(piece for column in order for piece in _part(sql.Identifier(column))))
    hashes = sql.SQL(
        "(select key, count(pair) as pairs, string_agg(pair, '' order by {} collate \"C\") as said"
        " from (select *, {} as pair from {}) as pairs group by key) as hashes"
    ).format(sql.Identifier(columns[0]), pair, texts)
    return Said(sql.Identifier("pairs"), (sql.Identifier("said"),), hashes)


def _part(text: sql.Composable) -> Iterator[Piece]:
    """A part behind its length in bytes."""
    yield from ("$", sql.SQL("octet_length({})").format(text), END, text, END)


def _joined(*pieces: Piece) -> sql.Composed:
    """One text; constants that stand beside each other are one."""
    runs = (list(run) for _, run in groupby(pieces, lambda piece: isinstance(piece, str)))
    return sql.SQL(" || ").join(text for run in runs for text in _merged(run))


def _merged(run: list[Piece]) -> list[sql.Composable]:
    constants = [piece for piece in run if isinstance(piece, str)]
    computed = [piece for piece in run if not isinstance(piece, str)]
    return computed or [sql.Literal("".join(constants))]
