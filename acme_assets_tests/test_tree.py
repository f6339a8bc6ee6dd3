"""Rules over the real tree: every file of `sql/` is declared, used and says what a table needs."""

import re

import pytest
from sqlglot import exp

from acme_assets.company import COMPANY
from acme_platform.model.lineage import columns, upstream
from acme_platform.model.sql_file import SqlFile, names, sql_file
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.values.cast import KEPT_BY_US

LAYERS = ("raw", "staging", "analytics", "cache", "export")
FILES = [sql_file(folder, name) for folder in (*LAYERS, "checks", "queries") for name in names(folder)]
every_table = pytest.mark.parametrize("table", catalog.tables().values(), ids=lambda table: table.full_name)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.where)


def test_every_sql_file_of_a_layer_is_declared_by_one_line_of_a_feed() -> None:
    assert sorted(f"{layer}.{name}" for layer in LAYERS for name in names(layer)) == sorted(catalog.tables())


def test_every_file_of_a_check_is_used() -> None:
    promised = {promise.name for table in catalog.tables().values() for promise in table.promises}
    assert sorted(promised) == names("checks")


def test_nothing_else_lies_in_the_tree() -> None:
    folders = {path.parent.name for path in COMPANY.sql.rglob("*") if path.is_file()}
    assert folders == {*LAYERS, "checks", "queries", "migrations", "source"}
    assert {"".join(path.suffixes) for path in COMPANY.sql.rglob("*") if path.is_file()} == {".sql", ".test.md"}


@every_file
def test_a_file_opens_with_a_comment_and_takes_parameters_only(file: SqlFile) -> None:
    """No template language, and nothing of the environment: %(day)s, %(table)s in checks, anything in questions."""
    assert file.comment.endswith((".", ":", ")"))
    assert not re.search(r"\{\{|\{%", file.text)
    allowed = {"checks": {"day", "table"}, "queries": {"day", *file.parameters}}.get(file.folder, {"day"})
    assert set(file.parameters) <= allowed
    assert file.folder == "raw" or "day" in file.parameters


@every_file
def test_a_file_asks_for_versions_as_of_the_day_by_the_one_function(file: SqlFile) -> None:
    """`staging.as_of`, wherever it looks at `valid_to` to choose rows."""
    ends = [column for column in file.query.find_all(exp.Column) if column.name == "valid_to"] if file.query else []
    calls = [column.find_ancestor(exp.Anonymous) for column in ends]
    assert [call.name for call in calls if call] == ["as_of"] * len(ends)


@every_file
def test_a_file_reads_declared_tables_only(file: SqlFile) -> None:
    assert set(upstream(file)) <= catalog.tables().keys()


@every_table
def test_a_table_reads_what_its_feed_declares_before_it(table: Table) -> None:
    order = list(catalog.tables())
    assert [name for name in table.upstream if order.index(name) >= order.index(table.full_name)] == []
    assert bool(table.upstream) == (table.layer.name != "raw")


@every_table
def test_every_column_has_a_meaning_and_an_exact_type(table: Table) -> None:
    for column in table.sql.shape.columns:
        assert column.meaning, f"{table.sql.where}: {column.name} has no comment"
        scores = {"double precision"} if table.layer.name == "cache" and column.name == "score" else set()
        assert column.type not in {"numeric", "double precision", "real", "character varying"} - scores


def filled_with_the_day(table: Table) -> set[str]:
    """Columns that its select gives as `%(day)s::date`; readers of the shop know that column by another name."""
    assert table.sql.query
    casts = [(column.alias, column.unalias()) for column in table.sql.query.selects]
    return {name for name, cast in casts if isinstance(cast, exp.Cast) and isinstance(cast.this, exp.Placeholder)}


@every_table
def test_a_table_has_the_key_and_the_columns_of_its_layer(table: Table) -> None:
    shape = table.sql.shape
    assert bool(shape.key) == (table.layer.name != "raw")
    if table.layer.name == "staging":
        assert shape.key[-1] == ("updated_at" if table.keep == "changes" else "day")
        assert [shape[name].type for name in KEPT_BY_US] == ["date", "date"]
    if table.layer.name == "analytics":
        assert filled_with_the_day(table) == {shape.key[0]}
    if table.layer.name == "cache":
        assert shape.key in {("key",), ("key", "field"), ("key", "member")}
        assert "*" in table.keys or table.keys == table.name  # one key, named like its table


@every_table
def test_the_select_gives_the_columns_of_the_shape_in_their_order(table: Table) -> None:
    shape = table.sql.shape.names
    expected = {
        "raw": [],
        "staging": ["delivery_id", "row_number", *(name for name in shape if name not in KEPT_BY_US)],
        "export": ["table_name", "row_count"],
    }.get(table.layer.name, list(shape))
    assert (table.sql.query.named_selects if table.sql.query else []) == expected


def lineage(name: str) -> dict[str, list[tuple[str, str]]]:
    table = catalog.table(name)
    return columns(table.sql, {source: catalog.table(source).columns for source in table.upstream})


def test_the_lineage_of_the_sales_feed_is_read_from_its_sql() -> None:
    assert lineage("staging.sales_orders")["amount"] == [("raw.sales_orders", "amount")]
    assert lineage("staging.sales_orders")["row_number"] == [("raw.sales_orders", "row_number")]
    assert lineage("analytics.customer_orders") == {
        "day": [],
        "customer_id": [("staging.sales_customers", "customer_id")],
        "customer_name": [("staging.sales_customers", "customer_name")],
        "country": [("staging.sales_customers", "country")],
        "order_count": [],
        "order_amount": [("staging.sales_orders", "amount")],
    }
    assert lineage("analytics.top_paying_customers")["place"] == [
        ("analytics.customer_orders", "customer_id"), ("analytics.customer_orders", "order_amount")
    ]  # fmt: skip
    assert lineage("cache.country")["key"] == [("analytics.sales_by_country", "country")]
