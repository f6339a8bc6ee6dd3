"""The cursor: what functions are handed of an open transaction.

Belongs here: its type, as classes are spelt, and the class that connections make. Not here: transactions
(`warehouse/connection.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2.extensions
from psycopg2 import sql

Cursor = psycopg2.extensions.cursor


class PercentCursor(Cursor):
    """The driver's, but for percent signs in names and values that were composed into a statement.

    Where that has parameters, the driver would take them for the beginning of one.
    """

    def execute(
        self,
        query: str | bytes | sql.Composable,
        vars: Sequence[Any] | Mapping[str, Any] | None = None,  # noqa: A002  # the driver's name for it
    ) -> None:
        super().execute(spelt(query, self) if vars is not None and isinstance(query, sql.Composable) else query, vars)


def spelt(query: sql.Composable, cursor: Cursor) -> str:
    """The statement as it is written for parameters: every percent sign that begins none is two."""
    if isinstance(query, sql.Composed):
        return "".join(spelt(part, cursor) for part in query.seq)
    text = query.as_string(cursor)
    return text.replace("%", "%%") if isinstance(query, sql.Identifier | sql.Literal) else text
