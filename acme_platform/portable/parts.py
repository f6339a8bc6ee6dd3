"""Parts: looking around a part of a select.

Belongs here: questions that several conditions ask. Not here: conditions.
"""

from sqlglot import exp

UNKNOWN = "a part whose type is not known"
COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)


def is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def around(node: exp.Expr) -> exp.Expr | None:
    """What it stands in, past parentheses."""
    outer = node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    return outer


def within(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def is_day_like(value: exp.Expr) -> bool:
    """Of a kind that sqlglot does not know, and a moment all the same; or a column of `generate_series`."""
    value = within(value)
    if isinstance(value, exp.Add | exp.Sub):
        return is_day_like(value.this)
    return isinstance(value, exp.TimestampTrunc | exp.AtTimeZone) or (
        isinstance(value, exp.Column) and value.name in series_of(value)
    )


def series_of(node: exp.Expr) -> set[str]:
    """Names of the columns of `generate_series`, of which sqlglot knows no type."""
    return {call.parent.alias for call in node.root().find_all(exp.ExplodingGenerateSeries) if call.parent}
