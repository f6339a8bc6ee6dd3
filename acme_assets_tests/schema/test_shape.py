"""Shapes: what `create table` says, in the words PostgreSQL itself uses."""

import re
from contextlib import closing

import psycopg2
import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import staging
from acme_platform.model.table_schema import Column

THING = """-- One row is one thing.
create table staging.thing (
    thing_id bigint not null check (thing_id > 0), -- the thing's number
    day date not null,                             -- day, as delivered
    name text,                                     -- it's named
    price numeric(14, 2) check (price >= 0),       -- 10 % off
    check (price < 100 or name is not null),
    primary key (thing_id, day)
);
create index on staging.thing (day);
"""


def test_columns_keys_rules_and_meanings_are_read_from_the_file() -> None:
    shape = SqlFile("staging", "thing", THING).shape
    assert shape.columns == (
        Column("thing_id", "bigint", required=True, meaning="the thing's number"),
        Column("day", "date", required=True, meaning="day, as delivered"),
        Column("name", "text", required=False, meaning="it's named"),
        Column("price", "numeric(14,2)", required=False, meaning="10 % off"),
    )
    assert shape.key == ("thing_id", "day")
    assert [(rule.text, rule.columns) for rule in shape.rules] == [
        ("thing_id > 0", {"thing_id"}),
        ("price >= 0", {"price"}),
        ("price < 100 or name is not null", {"price", "name"}),
    ]


def test_types_are_named_as_postgresql_names_them(warehouse_url: str) -> None:
    """So that the declared and the existing table compare as text."""
    kinds = """
        bigint, integer, int, smallint, text, date, boolean, numeric, numeric(18, 4), varchar(500), varchar,
        timestamp, timestamp(3), timestamptz, timestamptz(3), double precision, jsonb, uuid, bytea, text[]"""
    columns = [f"c{number} {kind.strip()}" for number, kind in enumerate(re.split(r",(?! \d)", kinds))]
    create = f"create table staging.thing ({', '.join(columns)})"
    shape = SqlFile("staging", "thing", f"-- One.\n{create};").shape
    with closing(psycopg2.connect(warehouse_url)) as connection, connection.cursor() as cursor:
        cursor.execute(create)
        cursor.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = 'staging.thing'::regclass and attnum > 0"
        )
        assert dict(cursor.fetchall()) == {column.name: column.type for column in shape.columns}


def test_a_table_comes_into_being_as_its_file_says_with_every_comment(pipeline: Pipeline) -> None:
    pipeline.fill(day(1), layers=("raw", "staging"))
    table = pipeline.ask("select obj_description('staging.sales_orders'::regclass) as said")
    assert table[0]["said"].startswith("One row is one version of an order")
    said = pipeline.ask(
        "select attname, format_type(atttypid, atttypmod) as type, attnotnull, col_description(attrelid, attnum)"
        " from pg_attribute where attrelid = 'staging.sales_orders'::regclass and attnum > 0 order by attnum"
    )
    shape = staging("sales_orders").sql.shape
    assert [tuple(row.values()) for row in said] == [
        (column.name, column.type, column.required, column.meaning) for column in shape.columns
    ]
    assert list(staging("sales_orders").columns) == list(shape.names)


def test_a_table_that_is_not_as_its_file_says_is_refused_with_what_differs(pipeline: Pipeline) -> None:
    pipeline.fill(day(1), layers=("raw", "staging"))
    pipeline.change("alter table staging.sales_orders drop amount, add note text, alter customer_id type integer")
    with pytest.raises(MendInput) as refused:
        pipeline.fill_table("staging.sales_orders", day(1))
    for phrase in (
        "sql/staging/sales_orders.sql",
        "amount is missing",
        "note is not declared",
        "customer_id is integer, not bigint",
    ):
        assert phrase in refused.value.message
    pipeline.change("drop table staging.sales_orders cascade")
    pipeline.fill_table("staging.sales_orders", day(1))
