"""A difference: which rows two states of a table do not share, told apart by key.

Belongs here: comparing two selects in PostgreSQL. Not here: which states people ask for (`asked.py`), what is kept of
a correction (`corrections.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.warehouse.connection import names, rows
from acme_platform.warehouse.temp_tables import compute

#: each kind of differing row, and how it is found among those that differ
KINDS = {
    "added": sql.SQL('"is before" is null'),
    "removed": sql.SQL('"is after" is null'),
    "changed": sql.SQL('"is before" and "is after"'),
}


@dataclass(frozen=True)
class Row:
    """A row that differs; of an added one there is nothing before, of a removed one nothing after."""

    kind: str
    key: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def cells(self) -> Iterator[tuple[str, Any, Any]]:
        """(column, before, after) of what differs; every column of a row that one side lacks."""
        for column in self.before or self.after:
            before, after = self.before.get(column), self.after.get(column)
            if self.kind != "changed" or before != after:
                yield column, before, after


@dataclass(frozen=True)
class Difference:
    """Counts of rows by what became of them, of the changed ones by column, and the first rows of each kind."""

    added: int
    removed: int
    changed: int
    #: column -> rows that hold another value there
    columns: Mapping[str, int] = field(default_factory=dict)
    sample: Sequence[Row] = ()

    @property
    def rows(self) -> int:
        return self.added + self.removed + self.changed

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Compared:
    """What is compared: both states as selects of the key and the other columns."""

    before: sql.Composable
    after: sql.Composable
    key: Sequence[str]
    columns: Sequence[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def difference(self, cursor: Cursor, shown: int) -> Difference:
        """Compare them in one pass; of each kind of row so many are shown, first in the order of their key."""
        compute(cursor, "different", self._differing, self.parameters)
        (counted,) = rows(cursor, self._counts)
        columns = {column: counted[f"column {number}"] for number, column in enumerate(self.columns)}
        sample = [row for kind in KINDS if counted[kind] for row in self._shown(cursor, kind, shown)]
        return Difference(
            counted["added"],
            counted["removed"],
            counted["changed"],
            {column: count for column, count in columns.items() if count},
            sample,
        )

    @property
    def _differing(self) -> sql.Composed:
        """Rows of both sides are paired by key; a key of no columns means that each side has one row."""
        values = [
            sql.SQL("before.{0} as {1}, after.{0} as {2}").format(sql.Identifier(column), _before(n), _after(n))
            for n, column in enumerate(self.columns)
        ]
        sides = [sql.SQL('before.is_there as "is before"'), sql.SQL('after.is_there as "is after"')]
        keys = [sql.Identifier(column) for column in self.key]
        return sql.SQL(
            "select {selected} from (select true as is_there, * from ({before}) as state) as before"
            " full join (select true as is_there, * from ({after}) as state) as after {pairing}"
            " where before.is_there is null or after.is_there is null or {differs}"
        ).format(
            selected=sql.SQL(", ").join([*keys, *sides, *values]),
            before=self.before,
            after=self.after,
            pairing=sql.SQL("using ({})").format(names(self.key)) if self.key else sql.SQL("on true"),
            differs=self._differs,
        )

    @property
    def _differs(self) -> sql.Composable:
        if not self.columns:
            return sql.SQL("false")
        before, after = names(self.columns, of="before"), names(self.columns, of="after")
        return sql.SQL("row({}) is distinct from row({})").format(before, after)

    @property
    def _counts(self) -> sql.Composed:
        kinds = [
            sql.SQL("count(*) filter (where {}) as {}").format(found, sql.Identifier(kind))
            for kind, found in KINDS.items()
        ]
        columns = [
            sql.SQL("count(*) filter (where {} and {} is distinct from {}) as {}").format(
                KINDS["changed"], _before(n), _after(n), sql.Identifier(f"column {n}")
            )
            for n in range(len(self.columns))
        ]
        return sql.SQL("select {} from different").format(sql.SQL(", ").join([*kinds, *columns]))

    def _shown(self, cursor: Cursor, kind: str, shown: int) -> Iterator[Row]:
        order = sql.SQL("order by {}").format(names(self.key)) if self.key else sql.SQL("")
        query = sql.SQL("select * from different where {} {} limit {}").format(KINDS[kind], order, sql.Literal(shown))
        for row in rows(cursor, query):
            before = {column: row[f"before {n}"] for n, column in enumerate(self.columns)}
            after = {column: row[f"after {n}"] for n, column in enumerate(self.columns)}
            key = {column: row[column] for column in self.key}
            yield Row(kind, key, before if row["is before"] else {}, after if row["is after"] else {})


def _before(number: int) -> sql.Identifier:
    return sql.Identifier(f"before {number}")


def _after(number: int) -> sql.Identifier:
    return sql.Identifier(f"after {number}")
