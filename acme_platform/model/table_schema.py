"""The shape of a table as its SQL file declares it: columns, types, keys, constraints, meanings.

Belongs here: reading `create table`. Not here: comparing it with the database (`check.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

#: sqlglot's names of types and PostgreSQL's, with the place of what stands in parentheses
NAMES = {
    "decimal": "numeric{}",
    "int": "integer",
    "timestamp": "timestamp{} without time zone",
    "timestamptz": "timestamp{} with time zone",
    "varchar": "character varying{}",
}


@dataclass(frozen=True)
class Column:
    """One declared column; `meaning` is the comment behind it."""

    name: str
    #: the type in PostgreSQL's own words, like `numeric(14,2)`
    type: str
    required: bool
    meaning: str


@dataclass(frozen=True)
class Rule:
    """A `check (…)` of the table over some of its columns."""

    tree: exp.Expression

    @property
    def text(self) -> str:
        """In lower case, but for what stands in quotes."""
        return re.sub(r"'[^']*'|[^']+", _lowered, self.tree.sql("postgres"))

    @property
    def columns(self) -> set[str]:
        return {column.name for column in self.tree.find_all(exp.Column)}


@dataclass(frozen=True)
class Shape:
    """A whole `create table`."""

    columns: tuple[Column, ...]
    #: the primary key, in its order; empty for raw tables
    key: tuple[str, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, create: exp.Create) -> "Shape":
        definitions = list(create.this.find_all(exp.ColumnDef))
        key = tuple(_key(create))
        return cls(
            columns=tuple(_column(definition, key) for definition in definitions),
            key=key,
            rules=tuple(Rule(check.this) for check in create.this.find_all(exp.CheckColumnConstraint, bfs=False)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _column(definition: exp.ColumnDef, key: tuple[str, ...]) -> Column:
    kinds = [constraint.kind for constraint in definition.constraints]
    required = any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kinds)
    return Column(
        name=definition.name,
        type=_postgres_type(definition.args["kind"]),
        required=required or definition.name in key,
        meaning=" ".join(comment.strip() for comment in definition.comments or ()),
    )


def _postgres_type(kind: exp.DataType) -> str:
    """As `format_type` prints it, so that the declared and the existing table compare as text."""
    base, _, modifier = kind.sql("postgres").lower().replace(", ", ",").partition("(")
    return NAMES.get(base, f"{base}{{}}").format(f"({modifier}" if modifier else "")


def _lowered(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("'") else match[0].lower()


def _key(create: exp.Create) -> Iterator[str]:
    for key in create.this.find_all(exp.PrimaryKey):
        yield from (column.name for column in key.expressions)
