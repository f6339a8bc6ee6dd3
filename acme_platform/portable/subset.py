"""The subset: is a file written in the part of SQL that both engines take for the same?

Belongs here: finding the first part of it that is not, and its line. Not here: the lists (`words.py`), what a part that
is allowed becomes in Spark's words (`engine/dialect.py`).

A part is allowed where it stands in the list. Some are so in one form only, or of one kind of value: `CONDITIONS`.
"""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.expressions import DType
from sqlglot.optimizer.scope import traverse_scope

from acme_platform.errors import MendInput
from acme_platform.model import layer
from acme_platform.model.sql_file import DIALECT, SqlFile
from acme_platform.portable.as_of import WRITTEN, is_as_of, is_misplaced
from acme_platform.portable.conditions import CONDITIONS
from acme_platform.portable.kinds import Shapes, with_kinds
from acme_platform.portable.values import FLOATING
from acme_platform.portable.words import BARE, INSTEAD, NAMED, REFUSED, WORKS

DOCUMENT = "docs/engine-sql.md"
#: longer ones are cut where they are shown
SHOWN = 60


def examine(file: SqlFile, shapes: Shapes) -> None:
    """Its select, and the rules of its table. Raises MendInput at the first part that is not in the subset."""
    for column in _floating(file):
        raise _fault(file, column, FLOATING)
    for tree in _trees(file):
        for node, written in faults(_with_kinds(file, tree, shapes)):
            raise _fault(file, node, written)


def _floating(file: SqlFile) -> Iterator[exp.ColumnDef]:
    """Columns whose sums differ by the order in which an engine comes upon the rows."""
    for _, tree in file.statements:
        for column in tree.find_all(exp.ColumnDef):
            if column.kind and column.kind.this in {DType.FLOAT, DType.DOUBLE}:
                yield column


def _with_kinds(file: SqlFile, tree: exp.Query, shapes: Shapes) -> exp.Query:
    try:
        return with_kinds(tree, shapes)
    except SqlglotError as error:
        raise MendInput(
            f"{file.where}: cannot tell of which table its columns are: {' '.join(str(error).split())}",
            "write the table before each column, as in orders.amount",
        ) from error


def _trees(file: SqlFile) -> Iterator[exp.Query]:
    if file.query is not None:
        yield file.query
    if file.folder in layer.names() and layer.layer_of(f"{file.folder}.{file.name}").keeps_versions:
        yield from (exp.select(rule.tree.copy()).from_(f"{file.folder}.{file.name}") for rule in file.shape.rules)


def faults(tree: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    """Each part that is not allowed, with the line of the list that it stands under, if it stands there."""
    for node in tree.walk():
        if (written := _fault_of(node)) is not None:
            yield node, written
    for scope in traverse_scope(tree):
        for subquery in scope.subquery_scopes:
            of_outer = any(column.table for column in subquery.external_columns)
            if of_outer and isinstance(subquery.expression.parent, exp.Subquery):
                yield subquery.expression, "(select … where inner.x = outer.x), as a value"


def _fault_of(node: exp.Expr) -> str | None:
    """None where nothing is wrong with it."""
    kind = type(node)
    if is_as_of(node):
        return WRITTEN if is_misplaced(node) else None
    if kind in REFUSED:
        return REFUSED[kind]
    if kind not in WORKS and kind not in BARE and not (node.parent and is_as_of(node.parent)):
        return NAMED.get(node.name.lower(), "")
    condition = CONDITIONS.get(kind)
    return condition(node) if condition else None


def _fault(file: SqlFile, node: exp.Expr, written: str) -> MendInput:
    shown = node.sql(DIALECT)
    shown = f"{shown[:SHOWN]}…" if len(shown) > SHOWN else shown
    instead = f"write {INSTEAD[written]}" if written else f"write what {DOCUMENT} lists"
    return MendInput(
        f"{file.where}, line {_line(node)}: `{shown}` is outside of the SQL that PostgreSQL and Spark take for the same"
        + (f" ({written})" if written else ""),
        f"{instead}; {DOCUMENT} has all of it. Or keep the feed on PostgreSQL: Feed(…, engine='postgresql')",
    )


def _line(node: exp.Expr) -> int:
    """Of the first word in it that sqlglot knows a line of, or else of what it stands in."""
    whole: exp.Expr | None = node
    while whole is not None:
        if lines := [part.meta["line"] for part in whole.walk() if "line" in part.meta]:
            return int(min(lines))
        whole = whole.parent
    return 1
