"""A preview: what edited SQL would answer, beside what stands; nothing of what stands is touched."""

from collections.abc import Iterator

import pytest

from acme_assets_tests.support.changing import edited as with_edit
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.cursor import Cursor
from acme_platform.differences.preview import Preview, Stage, edited
from acme_platform.errors import NotReady
from acme_platform.registry import catalog

CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | Norway
2           | Ben           | Norway
3           | Cleo          | Peru
"""
ORDERS = """
order_id | customer_id | order_date | amount
11       | 1           | 2024-01-01 | 10.00
12       | 2           | 2024-01-01 | 5.00
13       | 3           | 2024-01-01 | 7.50
"""
ORDERED, BY_COUNTRY = "analytics.customer_orders", "analytics.sales_by_country"


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1))
    return pipeline


@pytest.fixture
def cursor(filled: Pipeline) -> Iterator[Cursor]:
    """As the command opens it: whatever happens is rolled back."""
    with filled.services.open_warehouse().transaction("test") as opened:
        yield opened
        opened.connection.rollback()


def previews(cursor: Cursor, *names: str) -> dict[str, Preview]:
    tables = [table for name, table in catalog.tables().items() if name in names]
    return {found.table.full_name: found for found in Stage(cursor, 10).previews(tables, day(1))}


def stands(filled: Pipeline) -> object:
    return filled.ask("select * from analytics.customer_orders order by customer_id"), filled.hashes()


def test_the_same_sql_answers_the_same(cursor: Cursor) -> None:
    found = previews(cursor, ORDERED, BY_COUNTRY)

    assert [(one.rows, one.is_empty) for one in found.values()] == [(3, True), (2, True)]


def test_an_edit_shows_what_it_would_change_and_answers_that_read_it_follow(cursor: Cursor) -> None:
    """Orders of less than six are no longer counted: Ben's five go, and Norway's fifteen are ten."""
    with with_edit(ORDERED, ("sum(amount)", "sum(amount) filter (where amount >= 6)")):
        found = previews(cursor, ORDERED, BY_COUNTRY)

    ((ben,), (norway,)) = (one.difference.sample for one in found.values())
    assert list(ben.key.values()) == [2]
    assert list(norway.key.values()) == ["Norway"]
    assert [(column, str(before), str(after)) for column, before, after in norway.cells] == [
        ("order_amount", "15.00", "10.00")
    ]


def test_nothing_of_what_stands_is_touched(filled: Pipeline) -> None:
    before = stands(filled)
    with (
        with_edit(ORDERED, ("sum(amount)", "sum(amount) * 2")),
        filled.services.open_warehouse().transaction("test") as opened,
    ):
        assert not previews(opened, ORDERED)[ORDERED].is_empty
        opened.connection.rollback()

    assert stands(filled) == before
    assert filled.ask("select nspname from pg_namespace where nspname like '%preview%'") == []


def test_a_day_of_which_nothing_stands_to_compute_from_is_refused(cursor: Cursor) -> None:
    with pytest.raises(NotReady, match="2024-01-02"):
        list(Stage(cursor, 10).previews([catalog.table(ORDERED)], day(2)))


def test_what_is_edited_is_found_with_all_that_reads_it(cursor: Cursor) -> None:
    sales = {table.full_name for table in catalog.feed("sales").tables}
    with with_edit(ORDERED, ("sum(amount)", "sum(amount) + 0")):
        found = [table.full_name for table in edited(cursor) if table.full_name in sales]

    assert found == [ORDERED, BY_COUNTRY, "analytics.top_paying_customers"]
