"""Kinds: what sort of value each part of a select is, as PostgreSQL takes it.

Belongs here: what follows from declared columns through a whole select. Not here: what is done about it (`subset.py`,
`engine/dialect.py`).

sqlglot knows more types than matter here. There are no floating numbers in a table of the lake that is computed with,
so what sqlglot takes for one is a numeric.
"""

from collections.abc import Mapping
from typing import TypeVar

from sqlglot import Dialect, exp
from sqlglot.expressions import DType
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify

from acme_platform.model.sql_file import DIALECT

WHOLE, NUMERIC, TEXT, DATE, MOMENT, BOOLEAN, SPAN = "whole", "numeric", "text", "date", "moment", "boolean", "span"
KINDS: Mapping[DType, str] = {
    DType.SMALLINT: WHOLE,
    DType.INT: WHOLE,
    DType.BIGINT: WHOLE,
    DType.DECIMAL: NUMERIC,
    DType.DOUBLE: NUMERIC,
    DType.TEXT: TEXT,
    DType.VARCHAR: TEXT,
    DType.DATE: DATE,
    DType.TIMESTAMPTZ: MOMENT,
    DType.BOOLEAN: BOOLEAN,
    DType.INTERVAL: SPAN,
}
#: full name of a table -> its columns and their types, as PostgreSQL names them
Shapes = Mapping[str, Mapping[str, str]]
Tree = TypeVar("Tree", bound=exp.Query)
_KIND, _PLACE, _SCALE = "kind", "place", "scale"


def kind(node: exp.Expr) -> str:
    """Of a part of a select that `with_kinds` returned; empty where it is not known."""
    return str(node.meta.get(_KIND, ""))


def scale(node: exp.Expr) -> int:
    """Digits behind the point of a column or a cast, as it is declared."""
    return int(node.meta.get(_SCALE, 0))


def like(made: exp.Expr, kind: str) -> exp.Expr:
    """Remember the kind of a part that a rule made."""
    made.meta[_KIND] = kind
    return made


def with_kinds(tree: Tree, shapes: Shapes) -> Tree:
    """The same select, each part of which knows its kind."""
    tree = tree.copy()
    for place, node in enumerate(tree.walk()):
        node.meta[_PLACE] = place
    known = {
        node.meta[_PLACE]: node.type
        for node in _annotated(tree, shapes).walk()
        if _PLACE in node.meta and isinstance(node.type, exp.DataType)
    }
    for node in tree.walk():
        if of := known.get(node.meta.pop(_PLACE)):
            node.meta[_KIND] = KINDS.get(of.this, "")
            node.meta[_SCALE] = of.expressions[1].name if len(of.expressions) > 1 else 0
    return tree


def _annotated(tree: exp.Query, shapes: Shapes) -> exp.Expr:
    tree = tree.copy()
    for placeholder in list(tree.find_all(exp.Placeholder)):
        day = exp.cast(exp.Literal.string("2000-01-01"), "date")
        day.meta[_PLACE] = placeholder.meta[_PLACE]
        placeholder.replace(day if placeholder.name == "day" else exp.Literal.string(""))
    schema: dict[str, dict[str, Mapping[str, str]]] = {}
    for table in tree.find_all(exp.Table):
        if columns := shapes.get(f"{table.db}.{table.name}"):
            schema.setdefault(table.db, {})[table.name] = columns
    qualified = qualify(
        tree, schema=dict(schema), dialect=DIALECT, validate_qualify_columns=False, quote_identifiers=False,
        identify=False
    )  # fmt: skip
    return annotate_types(qualified, schema=dict(schema), dialect=DIALECT, expression_metadata=_METADATA)


def _sum_or_difference(annotator: TypeAnnotator, node: exp.Add | exp.Sub) -> exp.Expr:
    """Of two days a number, of two moments a span, and with a span what it was; sqlglot does not know all of these."""
    left, right = (KINDS.get(side.type.this, "") if side.type else "" for side in (node.this, node.expression))
    if left in {DATE, MOMENT} and isinstance(node.expression, exp.Interval | exp.MakeInterval):
        annotator._set_type(node, node.this.type)  # as sqlglot's own annotators do
    elif isinstance(node, exp.Sub) and left == right == DATE:
        annotator._set_type(node, DType.BIGINT)
    elif isinstance(node, exp.Sub) and {left, right} <= {DATE, MOMENT} and MOMENT in {left, right}:
        annotator._set_type(node, DType.INTERVAL)
    else:
        annotator._annotate_binary(node)
    return node


_METADATA = {
    **Dialect.get_or_raise(DIALECT).EXPRESSION_METADATA,
    exp.Add: {"annotator": _sum_or_difference},
    exp.Sub: {"annotator": _sum_or_difference},
}
