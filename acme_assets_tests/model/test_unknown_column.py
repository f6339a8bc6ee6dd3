"""A column that nothing has is named before a file is run; a guess that must never accuse a file that is right."""

import pytest

from acme_platform.model.lineage import unknown_column, upstream
from acme_platform.model.sql_file import SqlFile, names, sql_file
from acme_platform.registry import catalog

SHAPES = {"staging.thing": {"thing_id": "bigint", "amount": "numeric(14, 2)"}}
FILES = [table.sql for table in catalog.tables().values()] + [
    sql_file(folder, name) for folder in ("checks", "queries") for name in names(folder)
]


def asked(select: str) -> str:
    return unknown_column(SqlFile("analytics", "x", f"-- One.\n{select};"), SHAPES)


@pytest.mark.parametrize(
    "select",
    [
        "select amuont\nfrom staging.thing",
        "with all_of_them as (select amount from staging.thing)\nselect sum(amuont) as amount from all_of_them",
    ],
)
def test_it_is_named_with_its_line(select: str) -> None:
    assert "amuont" in asked(select)
    assert "Line: " in asked(select)


@pytest.mark.parametrize(
    "select",
    [
        "select thing.amount, n.number from staging.thing cross join generate_series(1, 2) as n (number)",
        "select t.amount from staging.thing as t where t.thing_id = %(day)s",
    ],
)
def test_what_is_there_is_found(select: str) -> None:
    assert asked(select) == ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.where)
def test_no_file_of_ours_is_accused(file: SqlFile) -> None:
    assert unknown_column(file, {name: catalog.table(name).columns for name in upstream(file)}) == ""
