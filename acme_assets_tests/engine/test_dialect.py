"""Every rule of translation: with it a statement gives PostgreSQL's rows on Spark, without it other ones or none."""

from typing import Any

import psycopg2
import pytest

from acme_assets_tests.engine.alike import DAY, NAME, TYPES, Both
from acme_platform.engine import arithmetic, dialect
from acme_platform.engine.dialect import handed_over, spark_sql, understood
from acme_platform.model.sql_file import SqlFile

#: what Spark itself gets wrong without the rule, and the embedded engine does not
OF_SPARK = {"days_between", "days_of_week", "spans_of_several_units", "ends_of_text"}
#: where PostgreSQL gives up, see below
OF_ERRORS = {"whole_numbers"}
#: no other rows, only sooner
OF_TIME = {"composed_where_needed", "grouped_by_what_differs"}
STATEMENTS = {
    "nothing_is_sure": "select count(*) as rows from staging.thing where not exists"
    " (select from pg_constraint where conrelid = to_regclass(%(table)s) and contype = 'p')",
    "one_for_nothing": "select id from staging.thing as a where exists"
    " (select from staging.thing as b where b.n = a.id) order by id",
    "keys_of_json": "select g, jsonb_object_keys(extra) as name from staging.thing where extra is not null"
    " group by 1, 2 order by 2",
    "composed_where_needed": "select id, normalize(s) as s from staging.thing order by id",
    "grouped_by_what_differs": "select g, dt, count(*) as rows from staging.thing where dt = %(day)s group by g, dt",
    "series": "select x from generate_series(1, 3) as x order by x",
    "months_before": "select (date_trunc('month', %(day)s::date) - make_interval(months => back))::date as month"
    " from generate_series(0, 2) as back order by 1",
    "order_by_aggregate": "select g, count(*) from staging.thing group by g order by count(*) desc, max(id)",
    "means": "select round(avg(n), 4) as n, round(avg(b), 2) as b, round(avg(d), 3) as d from staging.thing",
    "sums": "select sum(9223372036854775807) as total, sum(distinct b) as b from staging.thing",
    "whole_numbers": "select id, n + 1 as more, b - n as less, id * (n - 2) as times,"
    " sum(id * b) over (order by id) as x from staging.thing order by id",
    "whole_quotients": "select id, n / 2 as half, -7 / 2 as minus, b / id as b from staging.thing order by id",
    "quotients": "select id, round(d / 3, 6) as third, round(100.0 * n / 7, 2) as share from staging.thing order by id",
    "rounded_casts": "select id, d::bigint as d, (-d)::integer as minus, 0.5::bigint as half"
    " from staging.thing order by id",
    "bare_numerics": "select id, round(d::numeric, 1) as d, b::numeric as b from staging.thing order by id",
    "days_between": "select id, %(day)s::date - dt as days, (dt - '2024-01-01'::date) * 2 as twice"
    " from staging.thing order by id",
    "days_later": "select id, dt + (n + 1) as later, dt - n as sooner, dt + 6 as week from staging.thing order by id",
    "spans_of_several_units": "select id, (dt - interval '5 months 6 days')::date as d,"
    " ts + interval '2 hours 1 month' as t from staging.thing order by id",
    "days_of_week": "select id, extract(dow from dt) as dow, extract(isodow from ts) as isodow"
    " from staging.thing order by id",
    "rows_compared": "select id, (n, g) = (n, g) as same, (n, g) <> (7, 'a') as other, (n, b, id) < (2, 7, 2) as less,"
    " (n, g) is distinct from (7, g) as distinct_one, (n, -b) >= (n, -2) as more from staging.thing order by id",
    "ends_of_text": r"select id, E'b\n' ~ 'b$' as line, s ~ '^(a|A)[a-z_%%|]+$' as s, '5$' ~ '^5\$' as dollar"
    " from staging.thing order by id",
}
RULES = {rule.__name__: rule for rule in (*dialect.BEFORE, *dialect.RULES, *arithmetic.RULES)}


def test_every_rule_has_a_statement() -> None:
    assert set(STATEMENTS) == set(RULES)


@pytest.mark.parametrize("rule", STATEMENTS)
def test_with_the_rule_both_engines_give_the_same_rows(engines: Both, rule: str) -> None:
    expected = engines.postgresql(STATEMENTS[rule])
    assert engines.on_spark(STATEMENTS[rule]) == expected != []


@pytest.mark.parametrize("rule", [rule for rule in STATEMENTS if rule not in OF_SPARK | OF_ERRORS | OF_TIME])
def test_without_the_rule_they_do_not(engines: Both, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((dialect, "BEFORE"), (dialect, "RULES"), (arithmetic, "RULES")):
        monkeypatch.setattr(module, name, tuple(one for one in getattr(module, name) if one is not RULES[rule]))
    expected = engines.postgresql(STATEMENTS[rule])
    found: Any
    try:
        found = engines.on_spark(STATEMENTS[rule])
    except Exception as error:  # noqa: BLE001  # whatever the engine says of it
        found = error
    assert found != expected


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("9223372036854775805 + id", 9223372036854775811),
        ("-9223372036854775805 - id", -9223372036854775811),
        ("4611686018427387904 * (id - 4)", 9223372036854775808),
        ("2147483646 + (n + 2)", 2147483648),
    ],
)
def test_a_whole_number_that_is_too_large_never_becomes_another_one(engines: Both, number: str, right: int) -> None:
    """PostgreSQL gives up over it, Spark goes on with the right one."""
    statement = f"select {number} as x from staging.thing where id = 6"  # noqa: S608  # texts of a test
    assert engines.on_spark(statement) == [(right,)]
    with pytest.raises(psycopg2.errors.NumericValueOutOfRange):
        engines.postgresql(statement)


def test_two_percents_of_a_file_are_one_on_both_engines(engines: Both) -> None:
    """Because PostgreSQL's driver makes one of them."""
    file = SqlFile("analytics", "x", "-- One.\nselect '100%%' as share, id from staging.thing where s like '%%|d';")
    assert file.query is not None
    statement = spark_sql(understood(handed_over(file.query), {NAME: TYPES}), DAY, NAME, {NAME: "thing"}, file.where)
    found = engines.asked(statement).to_pylist()
    assert [tuple(row.values()) for row in found] == engines.postgresql(file.select) == [("100%", 6)]
