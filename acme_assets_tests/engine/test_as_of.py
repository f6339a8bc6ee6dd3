"""As of a day: a statement with `staging.as_of(…)` gives PostgreSQL's rows over tables of the lake, in every form."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import psycopg2
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from acme_assets_tests.support.databases import database
from acme_platform.embedded import Addresses
from acme_platform.engine.as_of import SEEN, resolved
from acme_platform.engine.dialect import spark_sql
from acme_platform.engine.spark import Spark
from acme_platform.errors import MendInput
from acme_platform.model.sql_file import DIALECT

DAY = date(2024, 1, 2)
#: (key, day, valid_to, value): one that ended before, one that ends on the day, one that ends after it, one to come
VERSIONS = [
    (1, date(2024, 1, 1), date(2024, 1, 2), 10),
    (1, date(2024, 1, 2), date(2024, 1, 3), 11),
    (1, date(2024, 1, 3), None, 12),
    (2, date(2024, 1, 1), None, 20),
    (3, date(2024, 1, 3), None, 30),
    (4, date(2024, 1, 1), date(2024, 1, 3), 40),
]
SEEN_BY_HAND = [VERSIONS[1], VERSIONS[3], VERSIONS[5]]
#: for A_IS_SEEN in a statement
SEEN_OF_A = "staging.as_of(a.day, a.valid_to, %(day)s)"
STATEMENTS = {
    "alone, its columns need no table": "select id, value from staging.thing"
    " where staging.as_of(day, valid_to, %(day)s)",
    "by the name of the table": "select id from staging.thing where staging.as_of(thing.day, thing.valid_to, %(day)s)",
    "by an alias": "select a.id, a.value from staging.thing as a where a.value > 10 and A_IS_SEEN",
    "without it all days": "select id, day, value from staging.thing",
    "both ways in one statement": "select a.id, b.value from staging.thing as a join staging.thing as b on a.id = b.id"
    " where A_IS_SEEN",
    "twice, each by itself": "select a.id, b.id as other from staging.thing as a join staging.thing as b"
    " on a.value < b.value and staging.as_of(b.day, b.valid_to, %(day)s) where A_IS_SEEN",
    "in the condition of a left join": "select b.value, a.value as seen from staging.thing as b"
    " left join staging.thing as a on a.id = b.id and A_IS_SEEN",
    "in exists": "select b.id, b.value from staging.thing as b"
    " where not exists (select 1 from staging.thing as a where a.value = b.value and A_IS_SEEN)",
    "in a select before": "with seen as (select a.id from staging.thing as a where A_IS_SEEN)"
    " select thing.value from staging.thing join seen on seen.id = thing.id",
}


@pytest.fixture(scope="module")
def filled(session: Spark, servers: Addresses, warehouse_template: str) -> Iterator[psycopg2.extensions.cursor]:
    columns = ("id", pa.int64()), ("day", pa.date32()), ("valid_to", pa.date32()), ("value", pa.int64())
    for view, rows in {"thing": VERSIONS, f"thing{SEEN}": SEEN_BY_HAND}.items():
        arrays = [pa.array(values, kind) for values, (_, kind) in zip(zip(*rows, strict=True), columns, strict=True)]
        session.give(view, pa.table(arrays, names=[name for name, _ in columns]).drop_columns("valid_to"))
    with (
        database(servers.warehouse_url, warehouse_template) as url,
        closing(psycopg2.connect(url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("create table staging.thing (id bigint, day date, valid_to date, value bigint)")
        cursor.executemany("insert into staging.thing values (%s, %s, %s, %s)", VERSIONS)
        yield cursor


def tree(statement: str) -> exp.Query:
    made = sqlglot.parse_one(statement.replace("A_IS_SEEN", SEEN_OF_A), read=DIALECT)
    assert isinstance(made, exp.Query)
    return made


@pytest.mark.parametrize("form", STATEMENTS)
def test_both_engines_see_the_same_rows(filled: psycopg2.extensions.cursor, session: Spark, form: str) -> None:
    """A version in the lake says nothing of the day on which it ends."""
    filled.execute(STATEMENTS[form].replace("A_IS_SEEN", SEEN_OF_A), {"day": DAY})
    expected = sorted(filled.fetchall(), key=repr)
    resolved_tree, _ = resolved(tree(STATEMENTS[form]), "sql/x.sql")
    views = {"staging.thing": "thing", f"staging.thing{SEEN}": f"thing{SEEN}"}
    found = session.ask(spark_sql(resolved_tree, DAY, "analytics.x", views, "sql/x.sql")).to_pylist()
    assert sorted((tuple(row.values()) for row in found), key=repr) == expected != []


REFUSED = {
    "of two tables it does not say which": "select a.id from staging.thing as a join staging.thing as b using (id)"
    " where staging.as_of(day, valid_to, %(day)s)",
    "of a table outside of its select": "select a.id from staging.thing as a where not exists"
    " (select 1 from staging.thing as b where b.id = a.id and A_IS_SEEN)",
    "of another day": "select a.id from staging.thing as a where staging.as_of(a.day, a.valid_to, %(day)s - 1)",
    "of columns of two tables": "select a.id from staging.thing as a join staging.thing as b using (id)"
    " where staging.as_of(a.day, b.valid_to, %(day)s)",
    "beside or": "select a.id from staging.thing as a where A_IS_SEEN or a.value = 30",
    "not": "select a.id from staging.thing as a where not A_IS_SEEN",
    "as a value": "select a.id, A_IS_SEEN as seen from staging.thing as a",
    "in a filter": "select count(*) filter (where A_IS_SEEN) as rows from staging.thing as a",
    "in where, of a table that is joined left": "select b.id from staging.thing as b"
    " left join staging.thing as a on a.id = b.id where A_IS_SEEN",
    "in the on of a left join, of the other table": "select a.id from staging.thing as a"
    " left join staging.thing as b on a.id = b.id and A_IS_SEEN",
    "beside a full join": "select a.id from staging.thing as a"
    " full join staging.thing as b on a.id = b.id where A_IS_SEEN",
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_condition_that_says_something_else_is_refused(form: str) -> None:
    """A table that is read as of the day would give other rows."""
    with pytest.raises(MendInput, match=r"sql/x\.sql has a condition staging\.as_of\(…\) that is no part of"):
        resolved(tree(REFUSED[form]), "sql/x.sql")
