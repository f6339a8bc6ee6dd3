"""Columns: which Arrow type, and so which Parquet type, a column of a table has in the lake.

Belongs here: the mapping. Not here: how a text becomes such a value (`plain.py`, `appeal.py`).
"""

import re
from collections.abc import Mapping

import pyarrow as pa

from acme_platform.errors import MendInput
from acme_platform.model.table import Table

TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "smallint": pa.int16(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "character varying": pa.string(),
    "jsonb": pa.string(),
}
NUMERIC = re.compile(r"numeric\((\d+), ?(\d+)\)")


def schema(columns: Mapping[str, str]) -> pa.Schema:
    """Of columns and their types as PostgreSQL names them."""
    return pa.schema([(column, arrow_type(column, kind)) for column, kind in columns.items()])


def arrow_type(column: str, kind: str) -> pa.DataType:
    """Raises MendInput for a type that has no place in the lake."""
    if number := NUMERIC.fullmatch(kind):
        return pa.decimal128(int(number[1]), int(number[2]))
    try:
        return TYPES[kind.partition("(")[0]]
    except KeyError:
        raise MendInput(
            f"{column} is declared as {kind}, which tables of the lake do not have",
            f"declare it as one of {', '.join(TYPES)} or numeric(p, s), or keep the feed on PostgreSQL",
        ) from None


def schema_of(table: Table) -> pa.Schema:
    """Of the table in the lake: its columns without the day on which a version ends, which follows from the others."""
    return schema({column: kind for column, kind in table.columns.items() if column != "valid_to"})
