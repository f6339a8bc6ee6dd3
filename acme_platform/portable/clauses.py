"""Clauses: parts of a select around its values that are in the subset in one form only.

Belongs here: one condition a part, which names the line of `INSTEAD` that is broken, or None. Not here: where
`staging.as_of` may stand (`as_of.py`).
"""

from sqlglot import exp

from acme_platform.portable.parts import COMPARISONS, around

DISTINCT_ON = "distinct on (…)"


def row(node: exp.Tuple) -> str | None:
    outer = around(node)
    if isinstance(outer, exp.Distinct) and node is outer.args.get("on"):
        return DISTINCT_ON
    if isinstance(outer, COMPARISONS):
        sides = [side.expressions if isinstance(side, exp.Tuple) else [] for side in (outer.this, outer.expression)]
        return None if len(sides[0]) == len(sides[1]) else "(a, b) in (…)"
    return "count(distinct a, b)" if isinstance(outer, exp.Distinct | exp.Count) else "(a, b) in (…)"


def among(node: exp.In) -> str | None:
    """Beside `or` Sail takes a null for a value that a select lacks."""
    if isinstance(node.this, exp.Tuple):
        return "(a, b) in (…)"
    outer = node.parent
    while isinstance(outer, exp.And | exp.Paren | exp.Not):
        outer = outer.parent
    is_alone = isinstance(outer, exp.Where | exp.Having | exp.Join)
    return None if is_alone or not node.args.get("query") else "x in (select …) beside or, as a value"


def counted(node: exp.Count) -> str | None:
    several = isinstance(node.this, exp.Distinct) and len(node.this.expressions) > 1
    return "count(distinct a, b)" if several or node.expressions else None


def window(node: exp.Window) -> str | None:
    spec = node.args.get("spec")
    if not node.args.get("over") or node.args.get("alias"):
        return "window w as (…)"
    frame = spec.args["kind"].upper() if spec else "ROWS"
    return None if frame == "ROWS" and not (spec and spec.args.get("exclude")) else "over (… range between …)"


def select(node: exp.Select) -> str | None:
    if node.args.get("windows"):
        return "window w as (…)"
    return "fetch first … with ties, for update, tablesample" if node.args.get("locks") else None


def join(node: exp.Join) -> str | None:
    return "natural join" if node.args.get("method") else None


def series(node: exp.ExplodingGenerateSeries) -> str | None:
    return None if isinstance(node.parent, exp.Table) else "generate_series in select"
