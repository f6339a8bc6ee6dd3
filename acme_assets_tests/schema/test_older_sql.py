"""Days that an older SQL filled: they are told until they are filled again, and an edit that says the same is none."""

import hashlib
from dataclasses import replace

import pytest

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import RUN, Pipeline, day
from acme_assets_tests.transform.test_analytics import CUSTOMERS, ORDERS
from acme_platform.day import Days
from acme_platform.ledger import builds
from acme_platform.materialize.fill import ensure_filled
from acme_platform.monitoring.status import status
from acme_platform.registry import catalog, remedies
from acme_platform.runs import Runner
from acme_platform.schema.migrate import migrate

ANSWERS = "analytics.sales_by_country"
#: another text of the same answer, which nobody but a person knows to be the same
EDIT = ("sum(order_amount) as", "sum(order_amount) + 0 as")


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), day(2), day(3))
    return pipeline


def older(pipeline: Pipeline) -> dict[str, list[Days]]:
    """What the status says of each table that has such days."""
    return {table.table: table.older_sql for table in status(pipeline.services).tables if table.older_sql}


def test_days_of_a_changed_sql_are_told_with_the_command_that_fills_them_again(filled: Pipeline) -> None:
    with edited(ANSWERS, EDIT) as table:
        assert older(filled) == {ANSWERS: [Days(day(1), day(3))]}
        assert remedies.fill(table.full_name, older(filled)[ANSWERS][0]) == (
            "acme run --select analytics/sales_by_country --days 2024-01-01..2024-01-03"
        )
        filled.fill_table(ANSWERS, day(2))
        assert older(filled) == {ANSWERS: [Days(day(1), day(1)), Days(day(3), day(3))]}
        for number in (1, 3):
            filled.fill_table(ANSWERS, day(number))
        assert older(filled) == {}


def test_running_the_days_again_fills_what_an_older_sql_filled_and_leaves_the_others(
    filled: Pipeline, runner: Runner
) -> None:
    with edited(ANSWERS, EDIT):
        filled.fill_table(ANSWERS, day(2))
        assert runner.run((ANSWERS,), Days(day(1), day(3))).success
        rows = filled.ask(
            "select day, run_id = %(run)s as stands from ledger.builds where table_name = %(table)s order by 1",
            {"run": RUN, "table": ANSWERS},
        )
    assert [row["stands"] for row in rows] == [False, True, False]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(("-- One row is one country as of a day.", "-- A country, as of a day."), id="a comment"),
        pytest.param(("group by country", "GROUP  BY Country"), id="case and spacing"),
    ],
)
def test_an_edit_that_says_the_same_leaves_every_day_as_it_stands(filled: Pipeline, edit: tuple[str, str]) -> None:
    with edited(ANSWERS, edit) as table:
        assert older(filled) == {}
        assert ensure_filled(filled.services, filled.feed, table, day(1), "another run").unchanged_since == RUN


def test_a_new_comment_is_in_the_database_after_the_next_day(filled: Pipeline) -> None:
    with edited(ANSWERS, ("-- One row is one country as of a day.", "-- A country, as of a day.")):
        filled.fill(day(4))
    rows = filled.ask("select obj_description('analytics.sales_by_country'::regclass) as said")
    assert rows[0]["said"].startswith("A country, as of a day.")


def test_another_word_in_the_line_of_a_table_is_another_version_too() -> None:
    """`keep` and `latest_by` decide about rows as its SQL does."""
    users = catalog.table("staging.bookings_users")
    lines = (users, replace(users, keep="versions"), replace(users, latest_by=""))
    assert len({table.code_version for table in lines}) == 3


def test_a_cache_is_of_an_older_sql_in_the_day_that_it_holds_only(filled: Pipeline) -> None:
    with edited("cache.country", ("    users_counts,\n", "    users_counts + 0 as users_counts,\n")):
        assert older(filled) == {"cache.country": [Days(day(3), day(3))]}
        filled.fill_table("cache.country", day(3))
        assert older(filled) == {}


def test_an_upgrade_fills_nothing_again(filled: Pipeline) -> None:
    """The release before told files apart by every letter of them, and remembered no shapes."""
    for name, table in catalog.tables().items():
        letters = hashlib.sha256(table.sql.text.encode()).hexdigest()[:12]
        with filled.services.open_warehouse().transaction("test") as cursor:
            cursor.execute("update ledger.builds set code_version = %s where table_name = %s", (letters, name))
    filled.change("drop table ledger.shapes", "delete from public.acme_migrations where name = '090_shapes'")

    migrate(filled.services.open_warehouse())

    assert older(filled) == {}
    for table in filled.feed.tables:
        for number in (1, 2, 3) if table.layer.name != "raw" else ():
            done = ensure_filled(filled.services, filled.feed, table, day(number), "after the upgrade")
            assert done.unchanged_since == RUN


SPELT_OUT = {
    "staging.as_of(day, valid_to, %(day)s)": "day <= %(day)s and (valid_to is null or valid_to > %(day)s)",
    "staging.as_of(customers.day, customers.valid_to, %(day)s)": (
        "customers.day <= %(day)s\n    and (customers.valid_to is null or customers.valid_to > %(day)s)"
    ),
}


@pytest.mark.slow
def test_naming_the_condition_of_the_versions_fills_nothing_again(filled: Pipeline) -> None:
    """The release before spelt it out, and its file said the same but for that."""
    file = catalog.table("analytics.customer_orders").sql
    text = file.text
    for call, condition in SPELT_OUT.items():
        assert call in text
        text = text.replace(call, condition)
    with filled.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(
            "update ledger.builds set code_version = %s where table_name = 'analytics.customer_orders'",
            (replace(file, text=text).code_version,),
        )
    assert list(older(filled)) == ["analytics.customer_orders"]
    filled.change("drop function staging.as_of", "delete from public.acme_migrations where name = '110_as_of'")

    migrate(filled.services.open_warehouse())

    assert older(filled) == {}


def test_a_day_of_an_older_sql_is_told_from_an_upgrade_too(filled: Pipeline) -> None:
    """Its letters are none of the file as it is now."""
    filled.change(
        "update ledger.builds set code_version = '0123456789ab' where table_name = 'analytics.sales_by_country'"
    )
    with filled.services.open_warehouse().transaction("test") as cursor:
        assert builds.of_older_sql(cursor, catalog.table(ANSWERS)) == [day(1), day(2), day(3)]
