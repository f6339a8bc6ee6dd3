"""Where a table's rows and columns come from, read from its SQL.

Belongs here: questions to sqlglot about a select. Not here: showing the answers (`asset_metadata.py`).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from acme_platform.errors import MendInput
from acme_platform.model import layer
from acme_platform.model.sql_file import DIALECT, SqlFile

#: columns that every raw table has besides the delivered ones, with their types
PROVENANCE = {
    "day": "date",
    "delivery_id": "bigint",
    "file": "text",
    "row_number": "bigint",
    "extra": "jsonb",
}


def upstream(file: SqlFile) -> tuple[str, ...]:
    """Full names of the platform's tables that the select reads, sorted."""
    if file.query is None:
        return ()
    tables = {f"{table.db}.{table.name}" for table in file.query.find_all(exp.Table) if table.db in layer.names()}
    return tuple(sorted(tables))


def columns(file: SqlFile, shapes: Mapping[str, Mapping[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Each column of the select -> the (table, column) pairs it is computed from.

    `shapes` gives name -> type of each upstream table's columns, so that a bare column finds its table.
    """
    return _columns(file, tuple((name, tuple(types.items())) for name, types in shapes.items()))


@cache
def _columns(
    file: SqlFile, shapes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> dict[str, list[tuple[str, str]]]:
    """Once: it is asked when a feed is judged, and again when it is described."""
    if file.query is None:
        return {}
    schema = nested({full_name: dict(types) for full_name, types in shapes})
    return {column: _origins(root) for column, root in _roots(file, schema).items()}


def nested(shapes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """As sqlglot reads them: folder -> table -> column -> type."""
    schema: dict[str, Any] = {}
    for full_name, types in shapes.items():
        folder, table = full_name.split(".")
        schema.setdefault(folder, {})[table] = dict(types)
    return schema


def _roots(file: SqlFile, schema: Mapping[str, object]) -> dict[str, Node]:
    """All columns at once: one by one the select is qualified anew for each, most of the time that loading took."""
    try:
        return lineage(None, file.query, schema=dict(schema), dialect=DIALECT, trim_selects=False)  # type: ignore[arg-type]
    except Exception as error:  # sqlglot raises many classes; all mean the same to the author of the file
        raise MendInput(
            f"{file.where}: cannot tell where its columns come from: {error}", f"mend {file.where}"
        ) from error


def unknown_column(file: SqlFile, shapes: Mapping[str, Mapping[str, str]]) -> str:
    """Why one of its columns is found in nothing that it reads; empty where all are.

    A guess that is right of plain selects: PostgreSQL has the last word, when the file is run.
    """
    try:
        if file.query is not None:
            qualify(file.query.copy(), dialect=DIALECT, schema=nested(shapes))
    except OptimizeError as error:
        return str(error)
    return ""


def _origins(root: Node) -> list[tuple[str, str]]:
    leaves = {(node.source, node.name) for node in root.walk() if not node.downstream}
    tables = {
        (f"{source.db}.{source.name}", name.rpartition(".")[2].strip('"'))
        for source, name in leaves
        if isinstance(source, exp.Table) and source.db in layer.names()
    }
    return sorted(tables)
