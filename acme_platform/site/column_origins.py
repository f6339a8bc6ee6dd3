"""Columns of a table for its page: what each means, where it comes from and who reads it.

Belongs here: lineage of all tables, turned both ways. Not here: reading it from a select (`model/lineage.py`).
"""

from dataclasses import dataclass

from acme_platform.model.lineage import columns
from acme_platform.model.table import Table
from acme_platform.registry import catalog

#: (table, column)
Place = tuple[str, str]
Readers = dict[Place, list[Place]]
ADDED = "added when the row is loaded"


@dataclass(frozen=True)
class DescribedColumn:
    """A declared column."""

    name: str
    type: str
    required: bool
    is_key: bool
    meaning: str
    comes_from: tuple[Place, ...]
    read_by: tuple[Place, ...]


def described_columns(table: Table, readers: Readers) -> list[DescribedColumn]:
    """In the order in which the file declares them; behind them the columns that say where a row came from."""
    origins = _origins(table)
    declared = {column.name: column for column in table.sql.shape.columns}
    return [
        DescribedColumn(
            name=name,
            type=kind,
            required=name in declared and declared[name].required,
            is_key=name in table.sql.shape.key,
            meaning=declared[name].meaning if name in declared else ADDED,
            comes_from=tuple(origins.get(name, ())),
            read_by=tuple(readers.get((table.full_name, name), ())),
        )
        for name, kind in table.columns.items()
    ]


def _origins(table: Table) -> dict[str, list[Place]]:
    return columns(table.sql, {name: catalog.table(name).columns for name in table.upstream})


def column_readers() -> Readers:
    """Of every table: column -> the columns that are computed from it."""
    readers: Readers = {}
    for table in catalog.tables().values():
        declared = set(table.sql.shape.names)
        for column, origins in _origins(table).items():
            for origin in origins if column in declared else ():
                readers.setdefault(origin, []).append((table.full_name, column))
    return readers
