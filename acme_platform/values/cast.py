"""Conforming: text becomes the declared types, or the row gets the reason why it cannot.

Belongs here: the SQL that judges a row by its table's declaration. Not here: what a type accepts (`form.py`), what is
no part of a text (`blank.py`), where judged rows go (`staging.py`).

A check may speak of the row's `day`: the day of its delivery.

What a row costs is what is computed for it, so each level computes everything once: texts, what PostgreSQL reads in
them, the reason. Judging four columns cost 5.9 microseconds a row when the levels ran into each other, and costs 1.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from sqlglot import exp

from acme_platform.model.table import Table
from acme_platform.model.table_schema import Column, Rule
from acme_platform.values.blank import stripped
from acme_platform.values.form import Form, form

#: columns of a version that are not delivered: the machinery knows them
KEPT_BY_US = ("day", "valid_to")


#: Keeps PostgreSQL from computing a column anew wherever it is used. As a string: a number has to be converted here,
#: so the planner cannot know yet that it is 0, and leaves the work to one process.
ONCE = sql.SQL("offset '0'")
#: of a table that is `quoted`: what surrounds its values, and what it says where it has none
QUOTE, MISSING = '"', "'NULL'"


def judged(table: Table, only: sql.Composable) -> sql.Composed:
    """The table's select with every row typed, or with a `reason` and nulls: (delivery_id, row_number, …, reason).

    Of the rows for which `only` holds, a condition on what the select says.
    """
    columns = [_Judged(column, table.quoted) for column in table.sql.shape.columns if column.name not in KEPT_BY_US]
    return sql.SQL(
        "select delivery_id, row_number, {typed}, reason from"
        " (select *, case {faults} end as reason from"
        "  (select *, {read} from"
        "   (select delivery_id, row_number, %(day)s::date as day, {texts} from ({select}) as cleaned where {only}"
        "   {once}) as texts {once}) as reading {once}) as judged"
    ).format(
        typed=sql.SQL(", ").join(
            column.sql("case when reason is null then {read} end as {value}") for column in columns
        ),
        faults=sql.SQL(" ").join(_faults(table, columns)),
        read=sql.SQL(", ").join(column.sql(f"{column.form.reading} as {{read}}") for column in columns),
        texts=sql.SQL(", ").join(column.sql(f"{column.text} as {{value}}") for column in columns),
        select=sql.SQL(table.sql.select),
        only=only,
        once=ONCE,
    )


def read_as(column: Column, texts: sql.Composable, beside: sql.Composable) -> sql.Composed:
    """Each text of the column in the select `texts` by itself: (…beside, the text, as `read`, whether it `fits`).

    A text has to be bare already, and none may be missing.
    """
    alone = _Judged(column, quoted=False)
    return sql.SQL(
        "select {beside}, {value}, {read} as read, ({condition}) is true as fits from (select *, {reading} from"
        " (select {beside}, {text} from ({texts}) as cleaned {once}) as texts {once}) as reading"
    ).format(
        beside=beside,
        value=sql.Identifier(column.name),
        read=alone.sql("{read}"),
        condition=alone.sql(alone.form.condition),
        reading=alone.sql(f"{alone.form.reading} as {{read}}"),
        text=alone.sql(f"{alone.form.text} as {{value}}"),
        texts=texts,
        once=ONCE,
    )


@dataclass(frozen=True)
class _Judged:
    """A column with its form."""

    column: Column
    quoted: bool

    @property
    def form(self) -> Form:
        return form(self.column)

    @property
    def text(self) -> str:
        return f"nullif({self.form.text}, {MISSING})" if self.quoted else self.form.text

    @property
    def bare(self) -> str:
        """Without what surrounds the value, null when nothing is left."""
        return f"nullif({stripped(QUOTE)}, {MISSING})" if self.quoted else stripped()

    def sql(self, text: str) -> sql.Composed:
        """The text with its words in braces filled in, see `Form`."""
        digits, scale, *_ = [*re.findall(r"\d+", self.column.type), "", ""]
        return sql.SQL(text.replace("{bare}", self.bare)).format(
            name=sql.Literal(self.column.name),
            value=sql.Identifier(self.column.name),
            read=sql.Identifier(f"{self.column.name} read"),
            type=sql.SQL(self.column.type),
            kind=sql.Literal(self.column.type),
            digits=sql.SQL(digits),
            scale=sql.SQL(scale),
        )


def _faults(table: Table, columns: list[_Judged]) -> Iterator[sql.Composed]:
    """`when … then 'reason'` in the order in which a person would look: missing, unreadable, against a rule."""
    for column in columns:
        if column.column.required:
            yield column.sql("when {read} is null and {bare} is null then {name} || ' is missing'")
    for column in columns:
        yield column.sql(f"when ({column.form.condition}) is not true and {{bare}} is not null then {column.form.said}")
    for rule in table.sql.shape.rules:
        if "valid_to" not in rule.columns:
            yield sql.SQL("when not ({}) then {}").format(
                sql.SQL(_over_read(rule, {column.column.name for column in columns})),
                sql.Literal(f"breaks the rule {rule.text}"),
            )


def _over_read(rule: Rule, names: set[str]) -> str:
    """The rule over the columns as they were read; asked after all of them are known to be readable."""

    def read(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name in names:
            return exp.column(f"{node.name} read", quoted=True)
        return node

    return rule.tree.transform(read).sql("postgres")
