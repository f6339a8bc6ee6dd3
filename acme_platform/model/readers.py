"""Which columns of other tables a select reads, and whether they decide about its rows.

Belongs here: questions to sqlglot about one file. Not here: where each column comes from (`lineage.py`).
"""

from collections.abc import Iterator, Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from acme_platform.model.lineage import nested
from acme_platform.model.sql_file import DIALECT, SqlFile

#: where a column decides which rows there are, or which of them are one
DECIDING = (exp.Where, exp.Join, exp.Group, exp.Having, exp.Order, exp.Distinct, exp.Window)


def reads(file: SqlFile, full_name: str, shapes: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, bool]]:
    """(column, whether it decides about rows) of what the file reads of the table; everything where nobody can tell."""
    try:
        yield from _reads(file, full_name, shapes)
    except SqlglotError:
        yield from ((column, True) for column in shapes[full_name])


def _reads(file: SqlFile, full_name: str, shapes: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, bool]]:
    if file.query is None:
        return
    tree = qualify(file.query.copy(), dialect=DIALECT, schema=nested(shapes), validate_qualify_columns=False)
    for scope in traverse_scope(tree):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table) and f"{source.db}.{source.name}" == full_name:
                yield column.name, _decides(column)


def _decides(column: exp.Column) -> bool:
    """The condition of one aggregate decides about its value only."""
    where = column.find_ancestor(*DECIDING)
    return where is not None and not isinstance(where.parent, exp.Filter)
