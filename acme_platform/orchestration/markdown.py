"""Markdown: facts as Dagster's pages show them, rows as a table.

Belongs here: spelling a table, and which facts are addresses. Not here: which rows.

An address is a path, which a click copies: the pages make of a link to s3:// one that leads nowhere, and a browser
follows none of theirs to a file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

#: facts that are addresses
ADDRESSES = {"files_at"}


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for Dagster: a list of rows is a table, an address a path, everything else stays."""
    return {fact: _shown(fact, said) for fact, said in facts.items()}


def _shown(fact: str, said: Any) -> Any:  # noqa: ANN401  # as Dagster takes it
    if fact in ADDRESSES:
        return dg.MetadataValue.path(said)
    return dg.MarkdownMetadataValue(table(said)) if _is_rows(said) else said


def _is_rows(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(row, dict) for row in said)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, ["---"] * len(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
