"""Declared checks: what a table's line says of a column, for which the platform writes the SQL.

Belongs here: the two words, and whether the columns that they name are there. Not here: their SQL
(`checks/declared.py`), and checks that are more than this, which are files of `sql/checks/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from acme_platform.errors import MendInput


@dataclass(frozen=True)
class Column:
    """A column of a table, by names."""

    table: str
    name: str

    @classmethod
    def of(cls, text: str, table: str) -> "Column":
        """`customer_id` is a column of the table itself, `staging.sales_orders.customer_id` of that one."""
        where, _, name = text.rpartition(".")
        return cls(where or table, name)

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Relationship:
    """Each value of a column is a value of a column of another table."""

    column: str
    to: str
    required: bool = False
    name: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        for text, dots in ((self.column, (0, 2)), (self.to, (2,))):
            if text.count(".") not in dots:
                raise MendInput(
                    f"relationships({self.column!r}, {self.to!r}) names {text!r}, which is no layer.table.column",
                    'write it as relationships("customer_id", "staging.sales_customers.customer_id")',
                )

    def columns(self, table: str) -> tuple[Column, ...]:
        """The column, and the one that it leads to."""
        return Column.of(self.column, table), Column.of(self.to, table)


@dataclass(frozen=True)
class AcceptedValues:
    """Each value that a column of the table takes on the day is one of these; an empty one says nothing."""

    column: str
    values: tuple[str, ...]
    name: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if not self.values or "." in self.column:
            raise MendInput(
                f"accepted_values({self.column!r}, …) names no value, or no column of its own table",
                'write it as accepted_values("status", "active", "trial")',
            )

    def columns(self, table: str) -> tuple[Column, ...]:
        return (Column.of(self.column, table),)


Declared = Relationship | AcceptedValues
#: the name of a file of `sql/checks/`, or a declared check
Promise = str | Declared


def relationships(column: str, to: str, *, required: bool = False, name: str = "", why: str = "") -> Relationship:
    """Each value of `column` is one of the column `to`, in versions and snapshots as of the day.

    `column` is one of the table itself, or `layer.table.column` of one that an answer is made of. An empty one leads
    nowhere and breaks nothing, unless it is `required`. `why` is said behind the check's description.
    """
    return Relationship(column, to, required, name, why)


def accepted_values(column: str, *values: str, name: str = "", why: str = "") -> AcceptedValues:
    """Each value that `column` takes in the day's rows is one of `values`; an empty one breaks nothing."""
    return AcceptedValues(column, values, name, why)


def check_name(declared: Declared, table: str) -> str:
    """`shop_orders_status_is_known`, unless the line gives it a name: by it the ledger and the UI know its past."""
    column = Column.of(declared.column, table)
    return declared.name or f"{column.table.partition('.')[2]}_{column.name}_is_known"


def check_columns(line: str, named: tuple[Column, ...], tables: Mapping[str, Mapping[str, str]]) -> None:
    """Raise MendInput unless each column is one of its table, `tables`' column -> type, and they can be compared."""
    for column in named:
        if column.name not in tables[column.table]:
            raise MendInput(
                f"{line} names {column}, a column that sql/{column.table.replace('.', '/')}.sql does not declare",
                f"take one of: {', '.join(tables[column.table])}",
            )
    types = [tables[column.table][column.name] for column in named]
    if len(set(map(_comparable, types))) > 1:
        raise MendInput(
            f"{line} compares {' with '.join(map(str, named))}, which are {' and '.join(types)}",
            "name two columns of one type",
        )


def _comparable(kind: str) -> str:
    """PostgreSQL compares numbers with numbers and texts with texts, of whatever length."""
    base = kind.partition("(")[0]
    return {"smallint": "numeric", "integer": "numeric", "bigint": "numeric", "character varying": "text"}.get(
        base, base
    )
