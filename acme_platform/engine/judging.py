"""Judging: the statement by which Spark types a day's rows, and tells those that are plain from those that are not.

Belongs here: one select, from the table's own. Not here: patterns (`plain.py`), what becomes of the other rows
(`appeal.py`).
"""

from datetime import date

from sqlglot import exp

from acme_platform.engine.arithmetic import computed_alike
from acme_platform.engine.dialect import handed_over, spark_sql, understood
from acme_platform.engine.plain import Plain, plains
from acme_platform.model.table import Table
from acme_platform.model.table_schema import Rule
from acme_platform.portable.kinds import with_kinds
from acme_platform.registry import catalog

#: what a judged row has besides the columns of its table
PLACE = ("delivery_id", "row_number")
IS_PLAIN = "is_plain"


def judging(table: Table, day: date, raw: str) -> str:
    """`raw` is the view of the day's raw rows: (delivery_id, row_number, day, …, is_plain)."""
    columns = list(plains(table))
    values = ", ".join(f"{_read(column)} as {_quoted(column)}" for column in columns)
    conditions = [column.condition for column in columns]
    rules = [_holds(rule, table, columns) for rule in table.sql.shape.rules if "valid_to" not in rule.columns]
    return (
        f"select {', '.join(PLACE)}, day, {values}, {' and '.join(conditions + rules)} as {IS_PLAIN}"  # noqa: S608  # names of columns
        f" from ({_reading(table, day, raw, columns)}) as reading"
    )


def repeated(table: Table, day: date, raw: str, key: list[str]) -> str:
    """Keys that more than one row of the day reads as: which of them counts, PostgreSQL says. Judged before the rest,
    so that no plain row has to be taken out of a part again."""
    columns = list(plains(table))
    read = {column.column.name: _read(column) for column in columns}
    values = ", ".join(f"{read[name]} as `{name}`" for name in key)
    is_read = " and ".join(f"{read[name]} is not null" for name in key)
    return (
        f"select {', '.join(key)} from (select {values} from ({_reading(table, day, raw, columns)}) as reading"  # noqa: S608  # names of columns
        f" where {is_read}) as keyed group by {', '.join(key)} having count(*) > 1"
    )


def _reading(table: Table, day: date, raw: str, columns: list[Plain]) -> str:
    """The delivered rows: of each column its text, and what that reads as."""
    (source,) = table.upstream
    assert table.sql.query  # noqa: S101  # a table with versions has a select
    known = catalog.tables().get(source)
    query = understood(handed_over(table.sql.query), {source: known.columns} if known else {})
    delivered = spark_sql(query, day, table.full_name, {source: raw}, table.sql.where)
    texts = ", ".join(f"{column.text} as {_quoted(column)}" for column in columns)
    read = ", ".join(f"{column.reading} as {_read(column)}" for column in columns)
    selected = f"select {', '.join(PLACE)}, date'{day}' as day, {texts} from ({delivered}) as delivered"  # noqa: S608  # of a file of sql/
    return f"select *, {read} from ({selected}) as texts"  # noqa: S608  # as above


def _holds(rule: Rule, table: Table, columns: list[Plain]) -> str:
    """As in PostgreSQL, where a rule over nothing holds."""
    names = {column.column.name for column in columns}
    asked = with_kinds(exp.select(rule.tree.copy()).from_(table.full_name), {table.full_name: table.columns})

    def read(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in names:
            return exp.column(f"{node.name} read", quoted=True)
        return node

    condition = computed_alike(asked).expressions[0].transform(read)
    return f"coalesce({condition.sql('spark')}, true)"


def _quoted(column: Plain) -> str:
    return f"`{column.column.name}`"


def _read(column: Plain) -> str:
    return f"`{column.column.name} read`"
