"""Conditions: which parts of a select are asked in what form they stand, and by whom.

Belongs here: the list. Not here: parts that are never allowed (`words.py`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from acme_platform.portable import clauses, numbers, values
from acme_platform.portable.parts import COMPARISONS, UNKNOWN

Condition = Callable[[Any], str | None]

FIELDS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "DOW", "ISODOW", "HOUR", "MINUTE"}
UNITS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"}


def _literal(node: exp.Literal) -> str | None:
    return None if node.is_string or re.fullmatch(r"\d+(\.\d+)?", node.name) else "1e3"


def _identifier(node: exp.Identifier) -> str | None:
    return '"Name"' if node.args.get("quoted") and node.name != node.name.lower() else None


CONDITIONS: Mapping[type[exp.Expr], Condition] = {
    exp.Cast: values.cast,
    exp.DPipe: values.joined,
    exp.Concat: values.joined,
    exp.ConcatWs: values.joined,
    exp.Div: numbers.divided,
    exp.Avg: numbers.mean,
    exp.Round: numbers.rounded,
    exp.Mod: numbers.remainder,
    exp.Mul: numbers.product,
    exp.Add: numbers.shifted,
    exp.Sub: numbers.shifted,
    exp.AtTimeZone: values.at_zone,
    exp.RegexpLike: values.matched,
    exp.Tuple: clauses.row,
    exp.Count: clauses.counted,
    **dict.fromkeys((*COMPARISONS, exp.Between), values.compared),
    exp.In: lambda node: clauses.among(node) or values.compared(node),
    exp.Interval: numbers.span,
    exp.Distinct: lambda node: clauses.DISTINCT_ON if node.args.get("on") else None,
    exp.Left: values.from_literal,
    exp.Right: values.from_literal,
    exp.Substring: values.from_literal,
    exp.Window: clauses.window,
    exp.Select: clauses.select,
    exp.Join: clauses.join,
    exp.ExplodingGenerateSeries: clauses.series,
    exp.Literal: _literal,
    exp.Identifier: _identifier,
    exp.TimeToStr: values.moment_as_text,
    exp.With: lambda node: "with recursive" if node.args.get("recursive") else None,
    exp.Group: lambda node: (
        "rollup, cube, grouping sets"
        if any(node.args.get(word) for word in ("rollup", "cube", "grouping_sets", "totals"))
        else None
    ),
    exp.Except: lambda node: None if node.args.get("distinct") else "except all, intersect all",
    exp.Intersect: lambda node: None if node.args.get("distinct") else "except all, intersect all",
    exp.Normalize: lambda node: "normalize(x, NFD)" if node.args.get("form") else None,
    exp.Extract: lambda node: None if node.this.name.upper() in FIELDS else "extract(epoch from x), age(a, b)",
    exp.TimestampTrunc: lambda node: None if node.unit and node.unit.name.upper() in UNITS else UNKNOWN,
}
