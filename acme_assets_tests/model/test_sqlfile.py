"""SQL files: found by name, cut at their semicolons, run as written."""

import psycopg2
import pytest

from acme_platform.errors import MendInput
from acme_platform.model.lineage import columns, upstream
from acme_platform.model.sql_file import SqlFile, names, sql_file

SIMPLE = "-- One row is one thing.\ncreate table raw.thing (thing_id text);\n"


def read(text: str, folder: str = "staging", name: str = "thing") -> SqlFile:
    return SqlFile(folder, name, text)


@pytest.mark.parametrize("folder", ["raw", "staging", "analytics", "cache", "checks", "queries"])
def test_a_misspelt_name_fails_with_its_path_and_the_names_that_are_there(folder: str) -> None:
    with pytest.raises(MendInput, match=rf"there is no sql/{folder}/slaes\.sql") as refused:
        sql_file(folder, "slaes")
    assert ", ".join(names(folder)) in refused.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("-- One; two.\nselect 1 as a;\n", id="in the opening comment"),
        pytest.param("-- One.\nselect 1 as a -- one; more\n;\n", id="in a comment behind a column"),
        pytest.param("-- One.\nselect /* one; two */ 1 as a;\n", id="in a comment inside"),
        pytest.param("-- One.\nselect 'x;y' as a;\n", id="in a string"),
        pytest.param("-- One.\nselect $$x;y$$ as a;\n", id="in a dollar-quoted string"),
        pytest.param('-- One.\nselect 1 as "a;b";\n', id="in a name"),
        pytest.param("-- Für Ümläute — and 日本.\nselect 'é;日本' as a;\n", id="behind letters of several bytes"),
        pytest.param("-- One.\nselect 1 as a;\n-- A last word; and another.\n", id="in a comment at the end"),
        pytest.param("-- One.\nselect 1 as a;\n/* A last word. */", id="a comment at the end"),
        pytest.param("-- One.\nselect 1 as a", id="none at all"),
    ],
)
def test_a_semicolon_ends_a_statement_only_where_sql_says_so(text: str) -> None:
    ((statement, _),) = read(text).statements
    assert read(text).select == statement
    assert statement.startswith(("--", "select"))


def test_what_runs_is_the_text_as_written(warehouse_url: str) -> None:
    """Also behind letters of several bytes, where places in bytes and in letters differ."""
    file = read("-- Ümläute: 日本.\ncreate temp table thing (a text);\nselect 'é;日本' as \"ü;b\" -- fin; é\n;")
    with psycopg2.connect(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(file.definition)
        cursor.execute(file.select)
        assert cursor.fetchall() == [("é;日本",)]
    connection.close()


def test_the_opening_comment_is_the_description_in_one_paragraph() -> None:
    assert read("-- One row\n--   is one thing.\n\n-- Not this.\nselect 1 as a").comment == "One row is one thing."


def test_a_file_without_opening_comment_is_refused() -> None:
    with pytest.raises(MendInput, match=r"sql/staging/thing\.sql has no opening comment"):
        _ = read("select 1 as a").comment


MADE = """-- One row is one thing.
create table staging.thing (thing_id bigint not null, name text default 'It''s', primary key (thing_id));
create index on staging.thing (name);

select trim(name) as name from raw.thing where day = %(day)s group by name;
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("-- One row is one thing.", "-- One row is a thing; or two.", id="the opening comment"),
        pytest.param("thing_id bigint not null,", "thing_id bigint not null, -- its number\n", id="a comment behind"),
        pytest.param("select trim", "/* why */ select trim", id="a comment inside"),
        pytest.param("select trim(name)", "SELECT\n    Trim( Name )", id="case and spacing of a select"),
        pytest.param("group by name", "GROUP  BY\tname", id="spacing within two words that are one"),
        pytest.param("create table staging.thing", "CREATE TABLE Staging.Thing", id="case of a table"),
        pytest.param("create index on staging.thing (name);\n", "", id="an index"),
    ],
)
def test_what_says_the_same_to_postgresql_is_the_same_version(before: str, after: str) -> None:
    assert before in MADE
    assert read(MADE.replace(before, after)).code_version == read(MADE).code_version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("'It''s'", "'it''s'", id="case in a string"),
        pytest.param("'It''s'", "'It''s '", id="a blank in a string"),
        pytest.param("as name from", 'as "Name" from', id="a quoted name"),
        pytest.param("bigint not null", "bigint", id="not null"),
        pytest.param("name text", "name text check (name <> '')", id="a rule"),
        pytest.param("primary key (thing_id)", "primary key (thing_id, name)", id="the key"),
        pytest.param("trim(name)", "name", id="an expression"),
        pytest.param("where day = %(day)s", "where day <= %(day)s", id="a condition"),
    ],
)
def test_what_says_something_else_is_another_version(before: str, after: str) -> None:
    assert before in MADE
    assert read(MADE.replace(before, after)).code_version != read(MADE).code_version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("-- One.\nselect from from;", "is not SQL that can be read", id="no SQL"),
        pytest.param("-- One.\n\nwiht a as (", "line 3, 'wiht a as ('", id="a line of it"),
        pytest.param("-- One.\nselect 'a;", "is not SQL that can be read", id="an open string"),
        pytest.param(SIMPLE + "\nstray words", "holds 'stray words'", id="words behind the last statement"),
        pytest.param(SIMPLE, "must hold one `create table staging.thing`", id="another schema"),
        pytest.param("-- One.\nselect 1 as a;", "must hold one `create table staging.thing`", id="no table"),
    ],
)
def test_a_file_that_does_not_make_its_table_is_refused_with_its_path(text: str, said: str) -> None:
    with pytest.raises(MendInput, match=r"sql/staging/thing\.sql") as refused:
        _ = read(text).shape
    assert said in refused.value.message


def test_a_file_without_select_is_refused_where_one_is_needed() -> None:
    with pytest.raises(MendInput, match=r"sql/raw/thing\.sql holds no select"):
        _ = read(SIMPLE, folder="raw").select


def test_parameters_are_named_once_and_sorted() -> None:
    file = read("-- One.\nselect %(b)s::int as b, %(a)s as a, %(b)s as c, '%%(c)s' as d -- %(e)s\n;")
    assert file.parameters == ("a", "b")


def test_upstream_tables_are_those_of_the_layers_however_they_are_named() -> None:
    file = read(
        "-- One.\nwith raw as (select a from staging.one as one), two as (select a from analytics.two)\n"
        "select a from raw join two using (a) where exists (select from ledger.builds)\n"
        "and a in (select a from cache.c);"
    )
    assert upstream(file) == ("analytics.two", "cache.c", "staging.one")


def test_a_column_leads_to_the_columns_it_is_computed_from() -> None:
    file = read(
        "-- One.\nwith sums as (select key, sum(amount) as total from staging.a where day = %(day)s group by key)\n"
        "select b.key, coalesce(total, 0) + fee as cost, 1 as one, %(day)s::date as day\n"
        "from staging.b as b left join sums on sums.key = b.key;"
    )
    shapes = {
        "staging.a": {"key": "bigint", "amount": "numeric", "day": "date"},
        "staging.b": {"key": "bigint", "fee": "numeric"},
    }
    assert columns(file, shapes) == {
        "key": [("staging.b", "key")],
        "cost": [("staging.a", "amount"), ("staging.b", "fee")],
        "one": [],
        "day": [],
    }


def test_a_column_that_exists_nowhere_is_refused_with_its_path() -> None:
    file = read("-- One.\nselect a.colour from staging.a as a;")
    with pytest.raises(MendInput, match=r"sql/staging/thing\.sql: .*colour"):
        columns(file, {"staging.a": {"key": "bigint"}})
