"""What is outside of the portable subset is refused: with its file, its line, what was written and what to write."""

import re
from contextlib import closing

import psycopg2
import pytest
import sqlglot
from sqlglot import exp

from acme_assets_tests.engine.alike import TYPES, parsed
from acme_platform.checks.builtin import checks
from acme_platform.config.settings import PROJECT
from acme_platform.engine.dialect import understood
from acme_platform.errors import MendInput
from acme_platform.model.sql_file import DIALECT, SqlFile, names, sql_file
from acme_platform.portable.subset import DOCUMENT, examine, faults
from acme_platform.portable.words import INSTEAD, REFUSED, WORKS
from acme_platform.registry import catalog

#: a line of the list -> what a file would say
OUTSIDE = {
    "lower(x), upper(x), initcap(x)": ["lower(s)", "upper(s)", "initcap(s)"],
    "ilike, ~*": ["s ilike 'a%%'", "s ~* '^a'"],
    "~ with . \\d \\w \\s (?…)": [r"s ~ 'a.b'", r"s ~ '\d'", r"s ~ '(?i)a'", "s ~ g", r"s ~ '\m'", "s ~ '[[:alpha:]]'"],
    "similar to": ["s similar to 'a%%'"],
    "regexp_replace(…), regexp_match(…)": ["regexp_replace(s, 'a', 'b')", "regexp_match(s, 'a')"],
    "count(distinct a, b)": ["count(distinct (n, b))"],
    "(a, b) in (…)": ["(n, b) in (select n, b from staging.thing)", "(n, b) in ((1, 2))"],
    "a / b of numerics": ["d / 3", "100.0 * n / 7", "sum(d) / count(*)"],
    "avg(x)": ["avg(n)", "round(avg(n) filter (where f), 2)", "round(avg(n) over (), 2)", "round(avg(distinct n), 2)"],
    "a * b * c with seven digits behind the point": ["d * d * d * d", "(d * 0.001) * (d + 0.001)"],
    "f || 'x', concat(f)": ["f || 'x'", "concat(s, f)"],
    "round(x, 9)": ["round(d, 7)", "round(d, n)"],
    "normalize(x, NFD)": ["normalize(s, NFD)"],
    "trunc(x), div(a, b)": ["trunc(d)", "div(n, 2)"],
    "a % b": ["mod(d, 2)", "mod(n, b * 0.5)"],
    "power(…), sqrt(…), stddev(…), random()": ["power(n, 2)", "sqrt(n)", "stddev(n)", "random()", "sign(d)"],
    "::varchar(3)": ["s::varchar(3)"],
    "::real, ::double precision, ::timestamp, ::time, ::json": ["n::real", "n::float", "ts::timestamp", "s::jsonb"],
    "a text :: another type": [
        "s::date", "s::integer", "'1 May 2024'::date", "cast(s as numeric(14, 2))", "dt > '1 May 2024'", "n in ('one')",
        "dt between '2024-01-01' and '2024-1-1'",
    ],
    "1e3": ["1e3"],
    "a numeric || 'x', a numeric ::text": ["d || 'x'", "(d * 2)::text", "concat(s, d)", "concat_ws('-', s, d)"],
    "a moment || 'x', a moment ::text": ["ts || 'x'", "date_trunc('day', ts)::text"],
    "to_char(x, 'Mon')": ["to_char(dt, 'Mon')", "to_char(d, '999')", "to_char(dt, g)"],
    "a date + interval, as a value": ["dt + interval '1 day'", "coalesce(dt - interval '1 month', dt)"],
    "x at time zone 'UTC', as a value": ["ts at time zone 'UTC'", "(dt at time zone 'UTC')::date"],
    "extract(epoch from x), age(a, b)": ["extract(epoch from ts)", "age(ts, ts)"],
    "now(), current_date": ["now()", "current_date", "clock_timestamp()"],
    "left(x, -1), substring(x, 0)": ["left(s, -1)", "right(s, n)", "substring(s, 0)", "substring(s from n)"],
    "array[…], unnest(…), array_agg(x), string_agg(x, ',')": [
        "array[1, 2]", "array_agg(n)", "string_agg(s, ',' order by id)", "n = any(array[1])",
    ],
    "->, ->>, ?, jsonb_…": ["extra -> 'x'", "extra ->> 'x'", "extra ? 'x'", "jsonb_object_keys(extra)"],
    "percentile_cont(…) within group, mode()": ["percentile_cont(0.5) within group (order by n)"],
    "ntile(…), percent_rank(), cume_dist(), nth_value(…)": ["ntile(2) over (order by id)", "cume_dist() over ()"],
    "over (… range between …)": ["sum(n) over (order by dt range between '3 days' preceding and current row)"],
    "generate_series in select": ["generate_series(1, 2)"],
    "(select … where inner.x = outer.x), as a value": ["(select max(b.n) from staging.thing as b where b.n < thing.n)"],
    "x in (select …) beside or, as a value": ["n in (select n from staging.thing)"],
    "staging.as_of(…) elsewhere than in where or on, and's aside": ["staging.as_of(dt, dt, %(day)s)"],
    "interval '1:30', interval '1 day 2 hours' beside nothing": [
        "ts - ts > interval '1 day 2 hours'", "ts + interval '1:30'",
    ],
    "collate": ['s collate "C"'],
    '"Name"': ['"Name"'],
    "a part whose type is not known": ["unknown + 1", "unknown::date + n", "n / unknown", "round(s)", "unknown || 'x'"],
}  # fmt: skip
#: those that are no value
STATEMENTS = {
    "distinct on (…)": "select distinct on (g) g, id from staging.thing order by g, id",
    "window w as (…)": "select sum(n) over w as x from staging.thing window w as (order by id)",
    "rollup, cube, grouping sets": "select g from staging.thing group by rollup (g)",
    "with recursive": "with recursive a as (select 1 as x union all select x + 1 from a where x < 3) select x from a",
    "lateral": "select x.y from staging.thing as a cross join lateral (select a.n as y) as x",
    "except all, intersect all": "select g from staging.thing except all select g from staging.thing",
    "natural join": "select a.id from staging.thing as a natural join staging.thing as b",
    "fetch first … with ties, for update, tablesample": "select id from staging.thing for update",
    "values": "select x from (values (1), (2)) as v (x)",
}
ON_LINE_5 = (
    "-- One row is one thing.\ncreate table analytics.x (a bigint);\nselect\n    id,\n    {}\nfrom staging.thing"
)
CASES = [(line, value) for line, values in OUTSIDE.items() for value in values]


def refusal(text: str) -> MendInput:
    with pytest.raises(MendInput) as refused:
        examine(SqlFile("analytics", "x", text), {"staging.thing": TYPES})
    return refused.value


def test_every_line_of_the_list_is_written_somewhere() -> None:
    assert {*OUTSIDE, *STATEMENTS} == set(INSTEAD)
    assert set(REFUSED.values()) <= set(INSTEAD)


@pytest.mark.parametrize(("line", "value"), CASES)
def test_a_value_outside_is_refused_with_its_line_and_what_to_write(line: str, value: str) -> None:
    said = refusal(ON_LINE_5.format(f"{value} as value"))
    assert said.message.startswith("sql/analytics/x.sql, line 5: `")
    assert said.message.endswith(f"({line})")
    assert said.next_step.startswith(f"write {INSTEAD[line]}; {DOCUMENT}")


@pytest.mark.parametrize("line", STATEMENTS)
def test_a_statement_outside_is_refused(line: str) -> None:
    assert line in {written for _, written in faults(parsed(STATEMENTS[line]))}


@pytest.mark.parametrize(
    "value", ["md5(s)", "my_own(n)", "quote_literal(s)", "width_bucket(d, 1, 2, 3)", "n & 1", "n # 1"]
)
def test_what_nobody_thought_of_is_refused_too(value: str) -> None:
    said = refusal(ON_LINE_5.format(f"{value} as value"))
    assert said.message.startswith("sql/analytics/x.sql, line 5: `")
    assert said.next_step.startswith(f"write what {DOCUMENT} lists")


def test_a_rule_of_a_table_is_read_like_its_select() -> None:
    text = "-- One.\ncreate table staging.x (\n    s text,\n    check (s = lower(s))\n);\nselect s from raw.x;"
    with pytest.raises(MendInput, match=r"sql/staging/x\.sql, line 4: `LOWER\(s\)`"):
        examine(SqlFile("staging", "x", text), {"staging.x": {"s": "text"}, "raw.x": {"s": "text"}})


def test_a_floating_number_is_no_column() -> None:
    text = "-- One.\ncreate table analytics.x (\n    d double precision\n);\nselect d from staging.thing;"
    assert "line 3: `d DOUBLE PRECISION`" in refusal(text).message


@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder in ("staging", "analytics", "checks") for name in names(folder)]
)
def test_every_file_of_the_tree_is_in_the_subset(folder: str, name: str) -> None:
    examine(sql_file(folder, name), {table.full_name: table.columns for table in catalog.tables().values()})


def test_every_builtin_check_is_in_the_subset(warehouse_url: str) -> None:
    """Of tables that Spark computes, but for what the platform itself asks of catalogs and of `extra`."""
    shapes = {table.full_name: table.columns for table in catalog.tables().values()}
    own = {"schema_as_declared", "columns_as_declared", "cursor_sees_every_change"}
    of_tables = [
        check.broken
        for table in catalog.tables().values()
        if table.layer.is_delivered or table.layer.is_answer
        for check in checks(table)
        if check.name not in own
    ]
    assert len(of_tables) > len(catalog.tables())
    with closing(psycopg2.connect(warehouse_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema || '.' || table_name, json_object_agg(column_name, data_type)"
            " from information_schema.columns where table_schema in ('ledger', 'quarantine') group by 1"
        )
        shapes |= dict(cursor.fetchall())
        texts = [broken.as_string(connection).replace("%%", "%") for broken in of_tables]
    trees = [sqlglot.parse_one(text, read=DIALECT) for text in texts]
    outside = [list(faults(understood(tree, shapes))) for tree in trees if isinstance(tree, exp.Query)]
    assert outside == [[]] * len(texts)


def test_the_document_lists_what_the_code_does() -> None:
    text = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
    works, instead = text.partition("## Write instead")[::2]
    assert set(re.findall(r"`([^`]+)`", works.partition("## What works")[2])) == set(WORKS.values())
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", instead, re.MULTILINE)[1:]
    assert {written: wanted for written, wanted in rows if written != "---"} == {
        _in_table(written): _in_table(wanted) for written, wanted in INSTEAD.items()
    }


def _in_table(text: str) -> str:
    return text.replace("|", "\\|")
