"""Markdown: rows as a table that Dagster's pages show.

Belongs here: spelling a table. Not here: which rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for Dagster: a list of rows is a table, everything else stays."""
    return {fact: dg.MarkdownMetadataValue(table(said)) if _is_rows(said) else said for fact, said in facts.items()}


def _is_rows(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(row, dict) for row in said)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, ["---"] * len(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
