"""The role that answers: it reads answers and nothing else, and whoever lacks it is told what to create."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest
from psycopg2 import errors

from acme_assets_tests.support.databases import database, statement
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.web.served import Served
from acme_platform import embedded
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.errors import MendInput
from acme_platform.services import Services
from acme_platform.web.reader import grant_reader, open_reader


@pytest.fixture
def reader(served: Served) -> str:
    return embedded.reader_url(served.services.settings)


@pytest.fixture
def elsewhere(logical: Logical, settings: Settings) -> Iterator[Settings]:
    """A warehouse on a server that is not ours."""
    with database(logical.url, "template1") as url:
        yield replace(settings, warehouse_url=url)


def answering(elsewhere: Settings, url: str) -> Services:
    """A machine that knows the URL of the reader, and nothing of the owner."""
    return Services(replace(elsewhere, warehouse_url=None, serve_url=url))


def migrated(owner: Settings, served: Services) -> None:
    """What `acme migrate` does about the reader."""
    warehouse = Services(owner).open_warehouse()
    with closing(warehouse):
        grant_reader(warehouse, served.settings.serve_url or "")


def said(url: str, text: str, *, read_only: bool = True) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        if not read_only:
            cursor.execute("set transaction read write")
        cursor.execute(text)
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "text",
    [
        "update analytics.customer_orders set order_amount = 0",
        "delete from analytics.customer_orders",
        "truncate analytics.customer_orders",
        "drop table analytics.customer_orders",
        "insert into ledger.builds select * from ledger.builds",
        "create table analytics.own (n int)",
        "create table public.own (n int)",
    ],
)
def test_it_cannot_write_even_where_its_transaction_may(reader: str, text: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        said(reader, text, read_only=False)
    with pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
        said(reader, text)


@pytest.mark.parametrize(
    "what",
    ["* from raw.sales_orders", "* from staging.sales_orders", "* from quarantine.rows", "sample from ledger.verdicts"],
)
def test_it_reads_nothing_that_no_question_reads(reader: str, what: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        said(reader, f"select {what}")


def test_it_is_let_into_the_warehouse_only(reader: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba\.conf entry"):
        said(reader.replace("/warehouse", "/dagster"), "select 1")


def test_a_table_that_is_made_anew_is_read_at_once(served: Served, sales: Pipeline) -> None:
    sales.change("drop table if exists analytics.anew", "create table analytics.anew as select 1 as n")
    assert said(embedded.reader_url(served.services.settings), "select n from analytics.anew") == [(1,)]
    sales.change("drop table analytics.anew")


def test_where_nobody_named_a_role_the_error_says_what_to_create(elsewhere: Settings, logical: Logical) -> None:
    """And that is enough."""
    with pytest.raises(MendInput, match="ACME_SERVE_URL is not set") as refused:
        open_reader(Services(elsewhere))
    url, _, rest = refused.value.next_step.removeprefix("set ACME_SERVE_URL like ").partition("; as the superuser: ")
    made, _, _ = rest.partition(" and then acme migrate")
    statement(logical.url, made.replace("…", "word"))
    served = answering(elsewhere, url.replace(":password@", ":word@"))
    with pytest.raises(MendInput, match="acme_reader of ACME_SERVE_URL cannot read analytics, ledger,") as refused:
        open_reader(served)
    assert refused.value.next_step.startswith("acme migrate")
    migrated(elsewhere, served)
    with closing(open_reader(served)) as reader, reader.transaction("test") as cursor:
        cursor.execute("select count(*) from ledger.builds")
        assert cursor.fetchall() == [(0,)]


def test_what_the_owner_makes_later_is_read_without_another_grant(elsewhere: Settings, logical: Logical) -> None:
    url = (elsewhere.warehouse_url or "").replace(f"postgres:{logical.password}", "later:word")
    statement(logical.url, "create role later login password 'word'")
    served, owner = answering(elsewhere, url), Services(elsewhere).open_warehouse()
    migrated(elsewhere, served)
    with owner.transaction("test") as cursor:
        cursor.execute("create table analytics.later as select 1 as n")
    assert said(url, "select n from analytics.later") == [(1,)]
    with owner.transaction("test") as cursor:
        cursor.execute(
            "create table analytics.top_dates as select 1 as n; revoke all on analytics.top_dates from later"
        )
    with pytest.raises(MendInput, match=r"later of ACME_SERVE_URL cannot read analytics\.top_dates"):
        open_reader(served)
    owner.close()


def test_a_role_that_is_not_there_is_named_where_it_would_be_granted(elsewhere: Settings, logical: Logical) -> None:
    url = (elsewhere.warehouse_url or "").replace(f"postgres:{logical.password}", "nobody:canary")
    with pytest.raises(MendInput, match="the role nobody of ACME_SERVE_URL is not there") as refused:
        migrated(elsewhere, answering(elsewhere, url))
    assert "canary" not in str(refused.value)


def test_the_page_of_the_docs_says_the_same() -> None:
    text = (PROJECT / "docs/serving.md").read_text(encoding="utf-8")
    assert "create role acme_reader login password '" in text
    assert "grant connect on database warehouse to acme_reader;" in text


def test_a_role_that_is_not_there_is_named(elsewhere: Settings, logical: Logical) -> None:
    url = (elsewhere.warehouse_url or "").replace(f"postgres:{logical.password}", "nobody:canary")
    with pytest.raises(MendInput, match="nobody") as refused:
        open_reader(Services(replace(elsewhere, serve_url=url)))
    assert "create role nobody login" in refused.value.next_step
    assert "canary" not in str(refused.value) + refused.value.next_step


def test_a_role_that_can_write_is_refused(elsewhere: Settings) -> None:
    Services(elsewhere).open_warehouse().close()
    with pytest.raises(MendInput, match="a role that cannot write, and postgres of ACME_SERVE_URL can"):
        open_reader(Services(replace(elsewhere, serve_url=elsewhere.warehouse_url)))
