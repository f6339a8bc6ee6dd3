"""SQL files that change under a table that is filled.

Belongs here: giving a declared table another text. Not here: what follows from it (`test_evolution.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table
from acme_platform.registry import catalog

#: what a table computes once from its file
COMPUTED = ("sql", "code_version", "upstream")


@contextmanager
def edited(full_name: str, *edits: tuple[str, str]) -> Iterator[Table]:
    """The table of the catalog, whose file says `after` in place of `before`, until the end of the block."""
    table = catalog.table(full_name)
    file = table.sql
    text = file.text
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after)
    _give(table, SqlFile(file.folder, file.name, text))
    try:
        yield table
    finally:
        _give(table, file)


def _give(table: Table, file: SqlFile) -> None:
    for computed in COMPUTED:
        table.__dict__.pop(computed, None)
    table.__dict__["sql"] = file
