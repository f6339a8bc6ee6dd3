"""Schema evolution: what follows a changed SQL file in place, and what is refused with the plan."""

import re
from typing import Any

import pytest

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.transform.test_analytics import CUSTOMERS, ORDERS
from acme_platform.errors import MendInput, RefusedFile
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure

STAGED, ANSWERS = "staging.sales_orders", "analytics.sales_by_country"
AMOUNT = "amount numeric(14, 2) not null check (amount >= 0),"
BUYERS = "users_counts bigint not null, "


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    """Days 1 and 2, the second without anything new."""
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), day(2))
    return pipeline


def follow(pipeline: Pipeline, full_name: str, *edits: tuple[str, str]) -> None:
    """Let the table follow its edited file, without filling a day."""
    with edited(full_name, *edits) as table, pipeline.services.open_warehouse().transaction("test") as cursor:
        assert not ensure(cursor, table)


def made(pipeline: Pipeline, full_name: str) -> dict[str, tuple[Any, ...]]:
    """Column -> type, whether it is required, default, comment."""
    rows = pipeline.ask(
        "select attname, format_type(atttypid, atttypmod) as type, attnotnull, pg_get_expr(adbin, adrelid) as usual,"
        " col_description(attrelid, attnum) as said from pg_attribute"
        " left join pg_attrdef on adrelid = attrelid and adnum = attnum"
        " where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped",
        {"table": full_name},
    )
    return {row["attname"]: (row["type"], row["attnotnull"], row["usual"], row["said"]) for row in rows}


def filled_by(pipeline: Pipeline) -> list[dict[str, Any]]:
    return pipeline.ask("select table_name, day, run_id, built_at from ledger.builds order by 1, 2")


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("edit", "column", "wanted"),
    [
        pytest.param(
            (AMOUNT, f"{AMOUNT}\n    channel text, -- how it was ordered\n"),
            "channel",
            ("text", False, None, "how it was ordered"),
            id="a new column that may be empty",
        ),
        pytest.param(
            (AMOUNT, f"{AMOUNT}\n    currency text not null default 'EUR', -- of the amount\n"),
            "currency",
            ("text", True, "'EUR'::text", "of the amount"),
            id="a new column with a default",
        ),
        pytest.param(
            ("amount numeric(14, 2)", "amount numeric(18, 4)"),
            "amount",
            ("numeric(18,4)", True, None, "what the order cost"),
            id="a wider type",
        ),
        pytest.param(
            ("order_date date not null", "order_date date"),
            "order_date",
            ("date", False, None, "when it was ordered"),
            id="no longer required",
        ),
        pytest.param(
            ("-- what the order cost", "-- what the order cost, in EUR"),
            "amount",
            ("numeric(14,2)", True, None, "what the order cost, in EUR"),
            id="a comment",
        ),
    ],
)
def test_a_table_follows_its_file_in_place(
    filled: Pipeline, edit: tuple[str, str], column: str, wanted: tuple[Any, ...]
) -> None:
    """No row is lost, and no day is filled for it."""
    before = filled.ask("select order_id, day, amount from staging.sales_orders order by 1"), filled_by(filled)
    follow(filled, STAGED, edit)
    assert made(filled, STAGED)[column] == wanted
    assert (
        filled.ask("select order_id, day, amount from staging.sales_orders order by 1"),
        filled_by(filled),
    ) == before


def test_a_new_column_with_a_default_has_it_in_the_rows_that_were_there(filled: Pipeline) -> None:
    follow(filled, STAGED, (AMOUNT, f"{AMOUNT} currency text not null default 'EUR',"))
    assert filled.ask("select distinct currency from staging.sales_orders") == [{"currency": "EUR"}]


def test_a_column_that_is_no_longer_declared_leaves_a_computed_table(filled: Pipeline) -> None:
    follow(filled, ANSWERS, (BUYERS, ""), ("    count(*) filter (where order_count > 0) as users_counts,\n", ""))
    assert list(made(filled, ANSWERS)) == ["day", "country", "registered_customers", "order_amount"]


def test_a_filled_table_takes_the_next_day_after_it_followed(filled: Pipeline) -> None:
    """In staging, analytics and Redis alike, whatever the order of the columns is in the table by now."""
    filled.deliver("orders", day(3), "order_id | customer_id | order_date | amount\n108 | 2 | 2024-01-03 | 4.00")
    with (
        edited(
            STAGED,
            ("customer_id bigint", "channel text, customer_id bigint"),
            ("delivery_id,", "delivery_id, file as channel,"),
        ),
        edited("cache.country", ("users_counts bigint not null,", ""), ("    users_counts,\n", "")),
    ):  # fmt: skip
        filled.fill(day(3))
        filled.expect(
            "staging.sales_orders where order_id in (105, 108)",
            """
            order_id | amount | channel
            105      | 20.30  |
            108      | 4.00   | sales/orders/2024-01-03.csv
            """,
        )
        assert filled.hashes()["country:USA"] == {"order_amount": "19.50"}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("edits", "said"),
    [
        pytest.param(
            [("amount numeric(14, 2)", "amount numeric(12, 2)")], "amount is numeric(14,2), to be numeric(12,2)",
            id="a narrower type",
        ),
        pytest.param(
            [("order_date date", "order_date text")], "order_date is date, to be text", id="another type",
        ),
        pytest.param(
            [(AMOUNT, f"{AMOUNT} channel text not null,")],
            "channel is new and not null, and the rows that are there have none", id="a new column that none has",
        ),
        pytest.param(
            [("valid_to date,", "valid_to date not null,")],
            "valid_to is to be not null, and there are rows without it",
            id="required where it is missing",
        ),
        pytest.param(
            [("primary key (order_id, day)", "primary key (order_id, customer_id, day)")],
            "its key is PRIMARY KEY (order_id, day), to be PRIMARY KEY (order_id, customer_id, day)", id="another key",
        ),
    ],
)  # fmt: skip
def test_what_would_lose_is_refused_with_the_plan_and_the_plan_helps(
    filled: Pipeline, edits: list[tuple[str, str]], said: str
) -> None:
    before = filled.ask("select * from staging.sales_orders order by order_id"), made(filled, STAGED)
    with edited(STAGED, *edits):
        with pytest.raises(MendInput) as refused:
            filled.fill_table(STAGED, day(1))
        assert said in refused.value.message
        assert "sql/staging/sales_orders.sql" in refused.value.message
        assert (filled.ask("select * from staging.sales_orders order by order_id"), made(filled, STAGED)) == before
        drop, again = re.findall(r"acme psql -c '([^']+)'|acme run --select (\S+ --days [0-9.-]+)", str(refused.value))
        assert again[1] == "staging/sales_orders --days 2024-01-01..2024-01-02"
        filled.change(drop[0])
        if "numeric(12, 2)" in edits[0][1]:
            filled.fill_table(STAGED, day(1))
            assert filled.ask("select count(*) as orders from staging.sales_orders") == [{"orders": 6}]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        pytest.param("check (amount >= 0 and amount < 100000)", True, id="one that all rows keep"),
        pytest.param("check (amount <= 500)", False, id="one that rows of an older SQL break"),
        pytest.param("", False, id="none any more"),
    ],
)
def test_another_rule_holds_for_rows_to_come_and_stops_no_older_one(filled: Pipeline, rule: str, kept: bool) -> None:
    """Order 106, of 1,000.00, stands; on day 3 it is replaced, which ends the version that breaks the rule."""
    orders = (
        "order_id | customer_id | order_date | amount\n106 | 1 | 2024-01-03 | 400.00\n109 | 1 | 2024-01-03 | 600.00"
    )
    filled.deliver("orders", day(3), orders)
    with edited(STAGED, ("check (amount >= 0)", rule)):
        filled.fill(day(3), layers=("raw", "staging"))
    rows = filled.ask("select order_id from staging.sales_orders where day = '2024-01-03' order by 1")
    assert [row["order_id"] for row in rows] == ([106] if rule == "check (amount <= 500)" else [106, 109])
    filled.expect(
        "staging.sales_orders where order_id = 106",
        """
        day        | valid_to   | amount
        2024-01-01 | 2024-01-03 | 1000.00
        2024-01-03 |            | 400.00
        """,
    )
    constraints = filled.ask(
        "select pg_get_constraintdef(oid) as said from pg_constraint"
        " where conrelid = 'staging.sales_orders'::regclass and contype = 'c' and conname like '%amount%'"
    )
    assert bool(constraints) == kept


def test_a_column_altered_by_hand_is_refused_and_never_dropped(filled: Pipeline) -> None:
    """Also when the file changes later."""
    filled.change(
        "alter table analytics.sales_by_country add note text", "update analytics.sales_by_country set note = 'mine'"
    )
    for edit in ([], [("-- as of this day", "-- as of that day")], [(BUYERS, f"{BUYERS} seen text,")]):
        with edited(ANSWERS, *edit), pytest.raises(MendInput, match="note is not declared"):
            filled.fill_table(ANSWERS, day(1))
    assert filled.ask("select distinct note from analytics.sales_by_country") == [{"note": "mine"}]


def test_a_view_of_somebodys_stands_in_the_way_by_name(filled: Pipeline) -> None:
    filled.change("create view public.theirs as select country, users_counts from analytics.sales_by_country")
    with (
        edited(ANSWERS, ("users_counts bigint", "users_counts numeric(30, 0)")),
        pytest.raises(MendInput, match="the view theirs reads users_counts"),
    ):
        filled.fill_table(ANSWERS, day(1))


def test_a_raw_column_that_is_declared_later_takes_what_extra_kept_of_it(pipeline: Pipeline) -> None:
    orders = "order_id | customer_id | order_date | amount | Channel | note\n101 | 1 | 2024-01-01 | 1.00 | web | a"
    pipeline.deliver("orders", day(1), orders)
    pipeline.fill(day(1), layers=("raw",))
    with edited("raw.sales_orders", ("amount text ", "amount text, channel text ")):
        pipeline.fill_table("raw.sales_orders", day(2))
        pipeline.expect("raw.sales_orders", "order_id | channel | extra\n101 | web | {'note': 'a'}")
    pipeline.fill_table("raw.sales_orders", day(2))
    pipeline.expect("raw.sales_orders", "order_id | extra\n101 | {'note': 'a', 'channel': 'web'}")


def test_a_file_that_was_read_and_not_shown_is_read_again_with_the_new_columns(pipeline: Pipeline) -> None:
    """A run was killed between reading the files of a day and showing them."""
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), layers=("raw",))
    pipeline.change(
        "alter table raw.sales_orders detach partition raw_files.sales_orders_1",
        "update ledger.deliveries set state = 'landed'",
    )
    pipeline.deliver("orders", day(2), "order_id|customer_id|order_date|amount|channel\n108|1|2024-01-02|1.00|web")
    with edited("raw.sales_orders", ("amount text ", "amount text, channel text ")):
        pipeline.fill_table("raw.sales_orders", day(2))
        with pytest.raises(RefusedFile, match="columns missing: 'channel'"):
            pipeline.fill_table("raw.sales_orders", day(1))
    pipeline.fill_table("raw.sales_orders", day(1))
    pipeline.expect(
        "raw.sales_orders where order_id in ('101', '108')",
        """
        order_id | amount | extra
        101      | 10.00  |
        108      | 1.00   | {'channel': 'web'}
        """,
    )


def test_an_older_release_made_the_table_and_nothing_changed(filled: Pipeline) -> None:
    """The upgrade: no shape is remembered yet."""
    before = filled_by(filled)
    filled.change("delete from ledger.shapes")
    for table in catalog.feed("sales").tables:
        with filled.services.open_warehouse().transaction("test") as cursor:
            assert not ensure(cursor, table)
    assert filled_by(filled) == before
