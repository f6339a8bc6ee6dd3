"""Conforming: text becomes the declared types, or the row gets the reason why it cannot.

Belongs here: what each type accepts, and the SQL that judges a row by its table's declaration.
Not here: where judged rows go (`staging.py`).

A check may speak of the row's `day`: the day of its delivery.

PostgreSQL's own input is too kind for data: it reads 'tomorrow' as a date, '0x1F' and '1_000' as numbers, 'NaN' as an
amount, '2024-01-3Z' as the third, and rounds 12.345 to 12.35 in a numeric(14,2). So each type also asks for its plain
form, by trimming, LIKE and printing the date again: on five columns that costs a quarter of what the same rules cost
as regular expressions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from sqlglot import exp

from acme_assets.errors import MendInput
from acme_assets.shape import Column, Rule
from acme_assets.table import Table

#: columns of a version that are not delivered: the machinery knows them
KEPT_BY_US = ("day", "valid_to")


@dataclass(frozen=True)
class Form:
    """What a type accepts: a phrase for people and a condition on the text `{value}` that never raises."""

    phrase: str
    condition: str


WHOLE = "ltrim({value}, '-0123456789') = '' and pg_input_is_valid({value}, {type})"
DECIMAL = (
    "case when ltrim({value}, '-.0123456789') = '' and pg_input_is_valid({value}, {type})"
    " then min_scale({value}::numeric) <= {scale} else false end"
)
DAY = (
    "case when {value} like '____-__-__' and pg_input_is_valid({value}, {type})"
    " then {value}::date::text = {value} else false end"
)
# PostgreSQL also reads `PM`, `BC` and `Monday` behind a time. A zone is told from them by adding a second one, which it
# refuses behind a zone and behind nothing else.
TIME = (
    "case when {value} like '____-__-__' then "
    + DAY.replace("{type}", "'date'")
    + " when {value} like '____-__-__ __:__:__%%' and pg_input_is_valid({value}, {type})"
    "  then left({value}, 19) = to_char({value}::timestamp, 'YYYY-MM-DD HH24:MI:SS')"
    " and substr({value}, 20) ~ '^(\\.\\d{{1,6}})?( ?[^ .0-9][^ ]*)?$'"
    " and (ltrim(substr({value}, 20), '.0123456789') = '' or not pg_input_is_valid({value} || ' +00', {type}))"
    " else false end"
)
FORMS = {
    "bigint": Form("a whole number", WHOLE),
    "integer": Form("a whole number", WHOLE),
    "numeric": Form("a number of at most {digits} digits, {scale} of them decimals", DECIMAL),
    "date": Form("a date like 2024-01-31", DAY),
    "timestamp with time zone": Form("a time like 2024-01-31 17:30:00.5 UTC", TIME),
    "boolean": Form("true or false", "lower({value}) in ('true', 'false')"),
    "text": Form("text", "true"),
}


def judged(table: Table, only: sql.Composable) -> sql.Composed:
    """The table's select with every row typed, or with a `reason` and nulls: (delivery_id, row_number, …, reason).

    Of the rows for which `only` holds, a condition on what the select says.
    """
    columns = [column for column in table.sql.shape.columns if column.name not in KEPT_BY_US]
    typed = [
        sql.SQL("case when reason is null then {value}::{type} end as {name}").format(
            value=_value(column), type=sql.SQL(column.type), name=sql.Identifier(column.name)
        )
        for column in columns
    ]
    # `offset 0` keeps PostgreSQL from computing the reason once for every column that asks for it.
    return sql.SQL(
        "select delivery_id, row_number, {typed}, reason from"
        " (select *, case {faults} end as reason from"
        "  (select *, %(day)s::date as day from ({select}) as cleaned where {only}) as dated offset 0) as read"
    ).format(
        typed=sql.SQL(", ").join(typed),
        faults=sql.SQL(" ").join(_faults(table, columns)),
        select=sql.SQL(table.sql.select),
        only=only,
    )


def _faults(table: Table, columns: list[Column]) -> Iterator[sql.Composed]:
    """`when … then 'reason'` in the order in which a person would look: missing, unreadable, against a rule."""
    for column in columns:
        if column.required:
            yield sql.SQL("when {} is null then {}").format(_value(column), sql.Literal(f"{column.name} is missing"))
    for column in columns:
        yield _unreadable(column)
    for rule in table.sql.shape.rules:
        if "valid_to" not in rule.columns:
            yield sql.SQL("when not ({}) then {}").format(
                sql.SQL(_over_text(rule, columns)), sql.Literal(f"breaks the rule {rule.text}")
            )


def _unreadable(column: Column) -> sql.Composed:
    form = _form(column)
    digits, scale = re.findall(r"\d+", column.type) or ("", "") if "(" in column.type else ("", "")
    condition = sql.SQL(form.condition).format(
        value=_value(column), type=sql.Literal(column.type), scale=sql.SQL(scale)
    )  # fmt: skip
    phrase = form.phrase.format(digits=digits, scale=scale)
    return sql.SQL("when {value} is not null and not ({condition}) then {said} || left({value}, 80) || ''''").format(
        value=_value(column), condition=condition, said=sql.Literal(f"{column.name} is not {phrase}: '")
    )


def _form(column: Column) -> Form:
    kind = column.type.partition("(")[0]
    if kind not in FORMS:
        raise MendInput(
            f"{column.name} is declared as {column.type}, which has no plain form",
            f"add it to FORMS in {__name__}, beside {', '.join(FORMS)}",
        )
    return FORMS[kind]


def _value(column: Column) -> sql.Composed:
    """Empty text is missing."""
    return sql.SQL("nullif({}, '')").format(sql.Identifier(column.name))


def _over_text(rule: Rule, columns: list[Column]) -> str:
    """The rule with each column cast from its text; it runs after the casts are known to work."""
    types = {column.name: column.type for column in columns}

    def cast(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name in types:
            return exp.cast(
                exp.func("nullif", node.copy(), exp.Literal.string("")), types[node.name], dialect="postgres"
            )
        return node

    return rule.tree.transform(cast).sql("postgres")
