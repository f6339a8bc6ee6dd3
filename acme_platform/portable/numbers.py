"""Numbers: arithmetic that is in the subset in one form only, of numbers and of days.

Belongs here: one condition a part, which names the line of `INSTEAD` that is broken, or None. Not here: what is
computed instead (`engine/arithmetic.py`).
"""

import re

from sqlglot import exp

from acme_platform.portable.kinds import DATE, NUMERIC, WHOLE, kind, scale
from acme_platform.portable.parts import COMPARISONS, UNKNOWN, around, is_day_like, is_text, series_of, within

QUOTIENT = "a / b of numerics"
#: so exact is a quotient of numerics at least, and a product, on each engine
MOST_DECIMALS = 6
SPANS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
SPELT_SPAN = "interval '1:30', interval '1 day 2 hours' beside nothing"


def _within_round(node: exp.Expr) -> bool:
    """Somewhere in a `round(x, n)` of the same select."""
    outer = node.parent
    while outer is not None and not isinstance(outer, exp.Query):
        if isinstance(outer, exp.Round) and outer.args.get("decimals"):
            return True
        outer = outer.parent
    return False


def divided(node: exp.Div) -> str | None:
    kinds = {kind(node.this), kind(node.expression)}
    if kinds == {WHOLE}:
        return None
    return UNKNOWN if not kinds <= {WHOLE, NUMERIC} else None if _within_round(node) else QUOTIENT


def product(node: exp.Mul) -> str | None:
    """Spark keeps six digits behind the point of a product that is too long for it, and says nothing."""
    kinds = {kind(within(node.this)), kind(within(node.expression))}
    if not kinds <= {WHOLE, NUMERIC}:
        return None if _is_counted(node) and not node.find(exp.Interval) else UNKNOWN
    return None if _places(node) <= MOST_DECIMALS else "a * b * c with seven digits behind the point"


def _places(node: exp.Expr) -> int:
    """Digits behind the point, at most."""
    if isinstance(node, exp.Mul):
        return _places(node.this) + _places(node.expression)
    if isinstance(node, exp.Literal):
        return len(node.name.partition(".")[2])
    if isinstance(node, exp.Column | exp.Cast):
        return scale(node)
    if isinstance(node, exp.Round):
        return int(node.args["decimals"].name) if node.args.get("decimals") else 0
    return max((_places(part) for part in node.iter_expressions()), default=0)


def mean(node: exp.Avg) -> str | None:
    return None if isinstance(around(node), exp.Round) and not node.this.find(exp.Distinct) else "avg(x)"


def rounded(node: exp.Round) -> str | None:
    decimals = node.args.get("decimals")
    if isinstance(decimals, exp.Literal) and int(decimals.name) <= MOST_DECIMALS:
        return None
    return "round(x, 9)" if decimals else None if kind(within(node.this)) in {WHOLE, NUMERIC} else UNKNOWN


def remainder(node: exp.Mod) -> str | None:
    return None if {kind(within(node.this)), kind(within(node.expression))} == {WHOLE} else "a % b"


def shifted(node: exp.Add | exp.Sub) -> str | None:
    """A date and an interval make a moment in PostgreSQL, and a date in Spark."""
    if kind(node.this) == DATE and isinstance(within(node.expression), exp.Interval | exp.MakeInterval):
        used = isinstance(around(node), (exp.Cast, exp.ExplodingGenerateSeries, exp.Between, *COMPARISONS))
        return None if used else "a date + interval, as a value"
    if "" in {kind(within(node.this)), kind(within(node.expression))}:
        return None if is_day_like(node.this) or _is_counted(node) else UNKNOWN
    return None


def _is_counted(node: exp.Expr) -> bool:
    """Made of such columns and of others that are known."""
    return all(kind(column) or column.name in series_of(node) for column in node.find_all(exp.Column))


def span(node: exp.Interval) -> str | None:
    """Of one unit; several only where they are added to something."""
    if node.unit is not None:
        return None if node.unit.name.upper().removesuffix("S") in SPANS and is_text(node.this) else SPELT_SPAN
    is_added = isinstance(node.parent, exp.Add | exp.Sub) and node.parent.expression is node
    good = is_text(node.this) and re.fullmatch(
        rf"\d+ ({'|'.join(SPANS)})S?( \d+ ({'|'.join(SPANS)})S?)*", node.this.name.upper()
    )
    return None if is_added and good else SPELT_SPAN
