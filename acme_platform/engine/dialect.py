"""The dialect: a statement of PostgreSQL as Spark's SQL, with tables of the lake in the place of those it names.

Belongs here: what sqlglot leaves wrong, one function a rule, each with a test. Not here: which rows a day sees of a
table (`as_of.py`), what becomes of values (`arithmetic.py`).
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from sqlglot import exp

from acme_platform.engine.arithmetic import computed_alike
from acme_platform.errors import MendInput
from acme_platform.portable.kinds import Shapes, with_kinds

#: that a process knows at once: more than a tree of feeds has
STATEMENTS = 1000
Rule = Callable[[exp.Expr], exp.Expr]


def spark_sql(tree: exp.Expr, day: date, table_name: str, views: Mapping[str, str], where: str) -> str:
    """The statement for the day of the table; `views` says by which name Spark knows each table that it reads.

    It is one that was `understood`, or rules that hang on a kind would not hold.
    """
    known = {"day": exp.cast(exp.Literal.string(str(day)), "date"), "table": exp.Literal.string(table_name)}

    def placed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return known[node.name].copy()
        if isinstance(node, exp.Table) and node.db:
            return _view(node, views, where)
        return node

    tree = computed_alike(tree.copy()).transform(placed)
    for rule in RULES:
        tree = tree.transform(rule)
    return tree.sql("spark")


def handed_over(tree: exp.Query) -> exp.Query:
    """Of a file: what PostgreSQL is given of it. The driver takes %% for one percent where it puts a day in."""
    tree = tree.copy()
    for literal in tree.find_all(exp.Literal):
        literal.set("this", literal.name.replace("%%", "%"))
    return tree


def understood(tree: exp.Query, shapes: Shapes) -> exp.Query:
    """The statement, each part of which knows what kind of value it is; `shapes` are of the tables that it reads."""
    return _understood(tree, tuple((name, tuple(columns.items())) for name, columns in sorted(shapes.items())), BEFORE)


@lru_cache(maxsize=STATEMENTS)
def _understood(
    tree: exp.Query, shapes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...], before: tuple[Rule, ...]
) -> exp.Query:
    """Once for all days of a run; nobody changes what it returns."""
    sure: exp.Expr = tree
    for rule in before:
        sure = sure.transform(rule)
    assert isinstance(sure, exp.Query)  # noqa: S101  # no rule makes another one of it
    return with_kinds(sure, {name: dict(columns) for name, columns in shapes})


def _view(node: exp.Table, views: Mapping[str, str], where: str) -> exp.Expr:
    name = f"{node.db}.{node.name}"
    if name not in views:
        raise MendInput(f"{where} reads {name}, which the engine does not hold", "read tables of the same feed")
    return exp.alias_(exp.to_table(views[name]), node.alias or node.name, table=True)


def series(node: exp.Expr) -> exp.Expr:
    """`from generate_series(…) as x`: a row for each value of the sequence."""
    table = node.this if isinstance(node, exp.Table) else None
    if not isinstance(table, exp.GenerateSeries | exp.ExplodingGenerateSeries):
        return node
    alias = node.alias
    bounds = (table.args.get(word) for word in ("start", "end", "step"))
    sequence = exp.func("sequence", *(bound for bound in bounds if bound))
    return exp.select(exp.alias_(exp.func("explode", sequence), alias)).subquery(alias)


def months_before(node: exp.Expr) -> exp.Expr:
    """`date - make_interval(months => n)`."""
    call = node.expression if isinstance(node, exp.Sub) else None
    if not isinstance(call, exp.MakeInterval):
        return node
    months = call.args["month"]
    number = months.expression if isinstance(months, exp.Kwarg) else months
    return exp.func("add_months", exp.cast(node.this, "date"), exp.Neg(this=exp.paren(number)))


def order_by_aggregate(node: exp.Expr) -> exp.Expr:
    """`order by count(*)` of groups: Sail knows it as a column only."""
    if not isinstance(node, exp.Select):
        return node
    order = node.args.get("order") if node.args.get("group") else None
    if order is None or not any(ordered.find(exp.AggFunc) for ordered in order.expressions):
        return node
    inner = node.copy()
    inner.set("expressions", [_named(column, number) for number, column in enumerate(inner.expressions)])
    names = inner.named_selects
    for number, ordered in enumerate(inner.args["order"].expressions):
        if ordered.find(exp.AggFunc):
            inner.select(exp.alias_(ordered.this.copy(), f"order_{number}"), copy=False)
            ordered.set("this", exp.column(f"order_{number}"))
    return exp.select(*names).from_(inner.subquery("ordered"))


def _named(column: exp.Expr, number: int) -> exp.Expr:
    return column if column.output_name else exp.alias_(column, f"column_{number}")


def nothing_is_sure(node: exp.Expr) -> exp.Expr:
    """What PostgreSQL's catalog says of its constraints is no promise about a table of the lake."""
    asks = isinstance(node, exp.Exists | exp.Subquery) and {table.name for table in node.find_all(exp.Table)}
    return exp.false() if asks and asks <= {"pg_constraint", "pg_attribute", "pg_index"} else node


def one_for_nothing(node: exp.Expr) -> exp.Expr:
    """`select from …` has no column in PostgreSQL, and must have one in Spark."""
    if isinstance(node, exp.Select) and not node.expressions:
        node.set("expressions", [exp.Literal.number(1)])
    return node


def keys_of_json(node: exp.Expr) -> exp.Expr:
    """`jsonb_object_keys(extra)` gives a row for each key; so does `explode`, below what groups them."""
    if not isinstance(node, exp.Select) or not any(_is_keys(column.unalias()) for column in node.expressions):
        return node
    names = node.named_selects
    inner = node.copy()
    inner.set("group", None)
    for call in [column.unalias() for column in inner.expressions if _is_keys(column.unalias())]:
        call.replace(exp.func("explode", exp.func("json_object_keys", call.expressions[0].copy())))
    return exp.select(*names).distinct().from_(inner.subquery("keys"))


def _is_keys(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "jsonb_object_keys"


def composed_where_needed(node: exp.Expr) -> exp.Expr:
    """`normalize(x)` runs outside of the engine, so only for the few texts that are not ASCII."""
    if not isinstance(node, exp.Normalize):
        return node
    text = node.this
    is_ascii = exp.EQ(this=exp.Anonymous(this="octet_length", expressions=[text]), expression=exp.func("length", text))
    return exp.Case().when(is_ascii, text.copy()).else_(exp.Anonymous(this="normalize", expressions=[text.copy()]))


def grouped_by_what_differs(node: exp.Expr) -> exp.Expr:
    """`where day = D group by key, day`: by the key alone. Of 4 million orders that takes 0.5 s instead of 6."""
    group, where = (node.args.get("group"), node.args.get("where")) if isinstance(node, exp.Select) else (None, None)
    if not isinstance(node, exp.Select) or group is None or where is None:
        return node
    same = {part.this.name: part.expression for part in where.this.flatten() if _is_constant(part)}
    differing = [column for column in group.expressions if column.name not in same]
    if not differing or len(differing) == len(group.expressions):
        return node
    group.set("expressions", differing)
    columns = node.expressions
    node.set(
        "expressions",
        [
            exp.alias_(same[column.name].copy(), column.name)
            if column.name in same and isinstance(column, exp.Column)
            else column
            for column in columns
        ],
    )
    return node


def _is_constant(part: exp.Expr) -> bool:
    return isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and not part.expression.find(exp.Column)


#: what nobody knows a kind in
BEFORE: tuple[Rule, ...] = (nothing_is_sure,)
RULES: tuple[Rule, ...] = (
    one_for_nothing,
    keys_of_json,
    composed_where_needed,
    grouped_by_what_differs,
    series,
    months_before,
    order_by_aggregate,
)
