"""Arithmetic: numbers, days and texts that Spark would compute otherwise than PostgreSQL, or silently wrong.

Belongs here: rules that hang on the kind of a value, one function a rule, each with a test. Not here: how a select is
built (`dialect.py`), what has no rule and is refused (`portable/`).

Sail does not look whether a sum of whole numbers is too large for them: it goes on from the other end. Decimals are
looked at. So whole numbers are added as decimals, which have no fraction and 38 digits.
"""

from collections.abc import Callable

from sqlglot import exp

from acme_platform.portable.kinds import BOOLEAN, DATE, NUMERIC, WHOLE, kind, like

Rule = Callable[[exp.Expr], exp.Expr]

WIDE = "decimal(38, 0)"
#: of a quotient: digits behind the point on every engine, six more than may be asked for
EXACT = "decimal(38, 12)"
#: where a number counts something, and must be whole for Spark, too
COUNTING = (exp.ExplodingGenerateSeries, exp.MakeInterval, exp.Limit, exp.Offset, exp.Lag, exp.Lead)
#: of a span of time, as PostgreSQL adds them
UNITS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
WHOLES = {exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT}


def computed_alike(tree: exp.Expr) -> exp.Expr:
    """The rules from the inside out, on parts that know their kinds; changes the tree."""
    for node in reversed(list(tree.walk(bfs=False))):
        changed = node
        for rule in RULES:
            made = rule(changed)
            if made is not changed:
                changed.replace(made)
                changed = made
    return tree


def _cast(node: exp.Expr, to: str) -> exp.Expr:
    return like(exp.Cast(this=node, to=exp.DataType.build(to)), kind(node))


def means(node: exp.Expr) -> exp.Expr:
    """`avg(x)` is a floating number in Spark, or has four digits more than x."""
    if not isinstance(node, exp.Avg):
        return node
    summed = sums(like(exp.Sum(this=node.this.copy()), NUMERIC))
    counted = like(exp.func("nullif", exp.Count(this=node.this.copy()), exp.Literal.number(0)), NUMERIC)
    return exp.paren(like(exp.Div(this=summed, expression=counted), NUMERIC))


def sums(node: exp.Expr) -> exp.Expr:
    """`sum(x)` of whole numbers: a numeric in PostgreSQL, and too large for a whole number in Spark."""
    value = node.this if isinstance(node, exp.Sum) else None
    if isinstance(value, exp.Distinct):
        value = value.expressions[0]
    if value is not None and kind(value) == WHOLE:
        value.replace(_cast(value.copy(), WIDE))
    return node


def whole_numbers(node: exp.Expr) -> exp.Expr:
    """`a + b`, `a - b`, `a * b` of whole numbers, which Sail lets overflow."""
    if not isinstance(node, exp.Add | exp.Sub | exp.Mul) or {kind(node.this), kind(node.expression)} != {WHOLE}:
        return node
    is_counting = node.find_ancestor(*COUNTING) is not None
    if not is_counting and not (isinstance(node.this, exp.Literal) and isinstance(node.expression, exp.Literal)):
        node.set("this", _cast(node.this.copy(), WIDE))
    return node


def whole_quotients(node: exp.Expr) -> exp.Expr:
    """`a / b` of whole numbers is whole in PostgreSQL."""
    if isinstance(node, exp.Div) and {kind(node.this), kind(node.expression)} == {WHOLE}:
        return like(exp.IntDiv(this=node.this.copy(), expression=node.expression.copy()), WHOLE)
    return node


def quotients(node: exp.Expr) -> exp.Expr:
    """`a / b` of numerics: enough digits that what is rounded later is rounded as PostgreSQL rounds it."""
    if isinstance(node, exp.Div) and kind(node) == NUMERIC:
        node.set("this", _cast(node.this.copy(), EXACT))
    return node


def rounded_casts(node: exp.Expr) -> exp.Expr:
    """`x::bigint` of a numeric is rounded in PostgreSQL, and cut in Spark."""
    if isinstance(node, exp.Cast) and node.to.this in WHOLES and kind(node.this) == NUMERIC:
        node.set("this", exp.Round(this=node.this.copy(), decimals=exp.Literal.number(0)))
    return node


def bare_numerics(node: exp.Expr) -> exp.Expr:
    """`x::numeric` keeps every digit in PostgreSQL, and ten whole ones in Spark."""
    if not isinstance(node, exp.Cast) or node.to.this != exp.DataType.Type.DECIMAL or node.to.expressions:
        return node
    return _cast(node.this.copy(), WIDE) if kind(node.this) in {WHOLE, BOOLEAN} else node.this.copy()


def days_between(node: exp.Expr) -> exp.Expr:
    """`a - b` of dates is a number of days, and a span of time in Spark."""
    if isinstance(node, exp.Sub) and kind(node.this) == kind(node.expression) == DATE:
        return like(exp.func("datediff", node.this.copy(), node.expression.copy(), dialect="spark"), WHOLE)
    return node


def days_later(node: exp.Expr) -> exp.Expr:
    """`date + n`, where n may have become a decimal by another rule."""
    if isinstance(node, exp.Add | exp.Sub) and (kind(node.this), kind(node.expression)) == (DATE, WHOLE):
        node.set("expression", _cast(node.expression.copy(), "int"))
    return node


def spans_of_several_units(node: exp.Expr) -> exp.Expr:
    """`x - interval '5 months 6 days'`: Spark takes one unit at a time. PostgreSQL goes by the longest first."""
    span = node.expression if isinstance(node, exp.Add | exp.Sub) else None
    if not isinstance(span, exp.Interval) or span.unit is not None:
        return node
    words = span.this.name.split()
    units = dict(zip((word.upper().removesuffix("S") for word in words[1::2]), words[::2], strict=True))
    moved: exp.Expr = node.this.copy()
    for unit in (unit for unit in UNITS if unit in units):
        one = exp.Interval(this=exp.Literal.string(units[unit]), unit=exp.var(unit))
        moved = like(type(node)(this=moved, expression=one), kind(node))
    return moved


def days_of_week(node: exp.Expr) -> exp.Expr:
    """`extract(dow from x)`: Sunday is 0 in PostgreSQL, 1 in Spark, and for `isodow` 7 in one of them only."""
    field = node.this.name.upper() if isinstance(node, exp.Extract) else ""
    if field not in {"DOW", "ISODOW"}:
        return node
    from_sunday = exp.Anonymous(this="dayofweek", expressions=[node.expression.copy()])
    number = exp.Literal.number
    if field == "DOW":
        return like(exp.paren(exp.Sub(this=from_sunday, expression=number(1))), WHOLE)
    from_monday = exp.Mod(this=exp.paren(exp.Add(this=from_sunday, expression=number(5))), expression=number(7))
    return like(exp.paren(exp.Add(this=from_monday, expression=number(1))), WHOLE)


def rows_compared(node: exp.Expr) -> exp.Expr:
    """`(a, b) < (c, d)` one by one: Spark takes two nulls for the same."""
    sides = (node.this, node.expression) if isinstance(node, exp.Binary) else ()
    if not sides or not all(isinstance(side, exp.Tuple) for side in sides):
        return node
    pairs = list(zip(*(side.expressions for side in sides), strict=True))
    if isinstance(node, exp.EQ | exp.NullSafeEQ):
        return exp.paren(exp.and_(*(_compared(type(node), *pair) for pair in pairs)))
    if isinstance(node, exp.NEQ | exp.NullSafeNEQ):
        return exp.paren(exp.or_(*(_compared(type(node), *pair) for pair in pairs)))
    return _in_order(type(node), pairs)


def _compared(how: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return how(this=left.copy(), expression=right.copy())


def _in_order(how: type[exp.Expr], pairs: list[tuple[exp.Expr, exp.Expr]]) -> exp.Expr:
    """The first pair that differs decides."""
    (first, *rest) = pairs
    if not rest:
        return _compared(how, *first)
    strictly = exp.LT if how in {exp.LT, exp.LTE} else exp.GT
    same = exp.and_(_compared(exp.EQ, *first), _in_order(how, rest))
    return exp.paren(exp.or_(_compared(strictly, *first), exp.paren(same)))


def ends_of_text(node: exp.Expr) -> exp.Expr:
    r"""`~ 'x$'`: `$` also matches before a last line end in Java, `\z` nowhere else than at the end."""
    pattern = node.expression if isinstance(node, exp.RegexpLike) else None
    if isinstance(pattern, exp.Literal) and pattern.name.endswith("$") and not pattern.name.endswith("\\$"):
        pattern.replace(exp.Literal.string(f"{pattern.name[:-1]}\\z"))
    return node


RULES: tuple[Rule, ...] = (
    means,
    sums,
    whole_numbers,
    whole_quotients,
    quotients,
    rounded_casts,
    bare_numerics,
    days_between,
    days_later,
    spans_of_several_units,
    days_of_week,
    rows_compared,
    ends_of_text,
)
