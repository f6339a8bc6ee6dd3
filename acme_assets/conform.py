"""Conforming: text becomes the declared types, or the row gets the reason why it cannot.

Belongs here: what each type accepts, and the SQL that judges a row by its table's declaration.
Not here: where judged rows go (`staging.py`).

A check may speak of the row's `day`: the day of its delivery.

PostgreSQL's own input is too kind for data: it reads 'tomorrow' as a date, '0x1F' and '1_000' as numbers, 'NaN' as an
amount, '2024-01-3Z' as the third, and rounds 12.345 to 12.35 in a numeric(14,2). So each type also asks for its plain
form, by printing it again, LIKE and trimming: a regular expression costs several times as much.

What a row costs is what is computed for it, so each level computes everything once: texts, what PostgreSQL reads in
them, the reason. Judging four columns cost 5.9 microseconds a row when the levels ran into each other, and costs 1.4.
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


#: Keeps PostgreSQL from computing a column anew wherever it is used. As a string: a number has to be converted here,
#: so the planner cannot know yet that it is 0, and leaves the work to one process.
ONCE = sql.SQL("offset '0'")


@dataclass(frozen=True)
class Form:
    """What a type accepts: a phrase for people and a condition on the text `{value}` that never raises.

    `{read}` is the value as PostgreSQL reads it, null where it cannot.
    """

    phrase: str
    condition: str


# Most values are spelt as PostgreSQL prints them, and comparing is three times as fast as looking at each character.
WHOLE = "case when {read}::text = {value} then true else {read} is not null and ltrim({value}, '-0123456789') = '' end"
DECIMAL = (
    "case when {read} is null or {read} = 'NaN' then false when {read}::text = {value} then true"
    " when ltrim({value}, '-.0123456789') = '' then min_scale({value}::numeric) <= {scale} else false end"
)
DAY = "{read}::text = {value} and {value} like '____-__-__'"
# PostgreSQL also reads `PM`, `BC` and `Monday` behind a time. A zone is told from them by adding a second one, which it
# refuses behind a zone and behind nothing else.
TIME = (
    "case when {read} is null then false"
    " when {value} like '____-__-__' then"
    "  case when pg_input_is_valid({value}, 'date') then {value}::date::text = {value} else false end"
    " when {value} like '____-__-__ __:__:__%%'"
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
    return sql.SQL(
        "select delivery_id, row_number, {typed}, reason from"
        " (select *, case {faults} end as reason from"
        "  (select *, {read} from"
        "   (select delivery_id, row_number, %(day)s::date as day, {texts} from ({select}) as cleaned where {only}"
        "   {once}) as texts {once}) as reading {once}) as judged"
    ).format(
        typed=_listed("case when reason is null then {read} end as {name}", columns),
        faults=sql.SQL(" ").join(_faults(table, columns)),
        read=_listed("case when pg_input_is_valid({name}, {kind}) then {name}::{type} end as {read}", columns),
        # Empty text is missing.
        texts=_listed("nullif({name}, '') as {name}", columns),
        select=sql.SQL(table.sql.select),
        only=only,
        once=ONCE,
    )


def _listed(text: str, columns: list[Column]) -> sql.Composed:
    """The text for each column, with `{name}`, `{read}`, `{type}` and `{kind}`, the type as a string, filled in."""
    return sql.SQL(", ").join(
        sql.SQL(text).format(
            name=sql.Identifier(column.name),
            read=_read(column),
            type=sql.SQL(column.type),
            kind=sql.Literal(column.type),
        )
        for column in columns
    )


def _read(column: Column) -> sql.Identifier:
    """The column as PostgreSQL reads it, null where it cannot."""
    return sql.Identifier(f"{column.name} read")


def _faults(table: Table, columns: list[Column]) -> Iterator[sql.Composed]:
    """`when … then 'reason'` in the order in which a person would look: missing, unreadable, against a rule."""
    for column in columns:
        if column.required:
            yield sql.SQL("when {} is null then {}").format(
                sql.Identifier(column.name), sql.Literal(f"{column.name} is missing")
            )
    for column in columns:
        yield _unreadable(column)
    for rule in table.sql.shape.rules:
        if "valid_to" not in rule.columns:
            yield sql.SQL("when not ({}) then {}").format(
                sql.SQL(_over_read(rule, columns)), sql.Literal(f"breaks the rule {rule.text}")
            )


def _unreadable(column: Column) -> sql.Composed:
    form, value = _form(column), sql.Identifier(column.name)
    digits, scale = re.findall(r"\d+", column.type) or ("", "") if "(" in column.type else ("", "")
    condition = sql.SQL(form.condition).format(
        value=value, read=_read(column), type=sql.Literal(column.type), scale=sql.SQL(scale)
    )
    phrase = form.phrase.format(digits=digits, scale=scale)
    return sql.SQL(
        "when {value} is not null and ({condition}) is not true then {said} || left({value}, 80) || ''''"
    ).format(value=value, condition=condition, said=sql.Literal(f"{column.name} is not {phrase}: '"))


def _form(column: Column) -> Form:
    kind = column.type.partition("(")[0]
    if kind not in FORMS:
        raise MendInput(
            f"{column.name} is declared as {column.type}, which has no plain form",
            f"add it to FORMS in {__name__}, beside {', '.join(FORMS)}",
        )
    return FORMS[kind]


def _over_read(rule: Rule, columns: list[Column]) -> str:
    """The rule over the columns as they were read; asked after all of them are known to be readable."""
    names = {column.name for column in columns}

    def read(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name in names:
            return exp.column(f"{node.name} read", quoted=True)
        return node

    return rule.tree.transform(read).sql("postgres")
