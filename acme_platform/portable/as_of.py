"""As of a day: where `staging.as_of(…)` may stand, so that a table may be read as of the day in its place.

Belongs here: judging one condition. Not here: reading the table so (`engine/as_of.py`).

PostgreSQL asks the condition of each row. Spark is given the rows that the day sees, and the condition is true of all
of them. The two are the same where a row of which it is not true is gone from its select in either case: as a part of
`where`, or of the `on` that joins the table.
"""

from sqlglot import exp

NAME = "staging.as_of"
WRITTEN = "staging.as_of(…) elsewhere than in where or on, and's aside"
#: what stays outside a condition that holds if all of its parts do
TOGETHER = (exp.And, exp.Paren)


def is_as_of(node: exp.Expr) -> bool:
    """`staging.as_of(…)` as a whole."""
    return (
        isinstance(node, exp.Dot)
        and isinstance(node.expression, exp.Anonymous)
        and f"{node.this.name}.{node.expression.name}".lower() == NAME
    )


def call(node: exp.Expr) -> exp.Anonymous:
    """What is asked of a condition."""
    asked = node.expression
    assert isinstance(asked, exp.Anonymous)  # noqa: S101  # of one that `is_as_of`
    return asked


def is_misplaced(node: exp.Expr) -> bool:
    """Whether the condition says something else than which rows of a table beside it are seen."""
    select = node.find_ancestor(exp.Select)
    if select is None or not _is_of_the_day(call(node).expressions):
        return True
    table = _table(tables_of(select), call(node).expressions[0])
    return table is None or not _is_dropped(node, select, table)


def _table(beside: dict[str, exp.Table], day: exp.Expr) -> exp.Table | None:
    """The one that the column is of."""
    alias = day.text("table") or (next(iter(beside)) if len(beside) == 1 else "")
    return beside.get(alias)


def tables_of(select: exp.Select) -> dict[str, exp.Table]:
    """Alias -> table that the select itself names."""
    source = select.args.get("from_")
    named = [*([source.this] if source else []), *(join.this for join in select.args.get("joins") or [])]
    return {table.alias_or_name: table for table in named if isinstance(table, exp.Table)}


def _is_of_the_day(words: list[exp.Expr]) -> bool:
    """(day, valid_to, %(day)s), both columns of one table."""
    if len(words) != len(("day", "valid_to", "of")):
        return False
    begin, end, day = words
    day = day.this if isinstance(day, exp.Cast) and day.to.this == exp.DataType.Type.DATE else day
    is_day = isinstance(day, exp.Placeholder) and day.name == "day"
    is_of_one = begin.text("table") == end.text("table")
    return is_day and is_of_one and (begin.name, end.name) == ("day", "valid_to")


def _is_dropped(node: exp.Expr, select: exp.Select, table: exp.Table) -> bool:
    """Whether a row of the table is gone from the select where the condition is not true of it."""
    outer = node.parent
    while isinstance(outer, TOGETHER):
        outer = outer.parent
    joins = select.args.get("joins") or []
    if any(join.side in {"RIGHT", "FULL"} for join in joins):
        return False
    if isinstance(outer, exp.Join):
        return outer.this is table or not any(join.side for join in joins)
    joined = next((join for join in joins if join.this is table), None)
    return isinstance(outer, exp.Where) and outer.parent is select and (joined is None or not joined.side)
