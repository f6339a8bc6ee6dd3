"""The embedded operational database: who may do what in it, what fills it, and what its reader sees."""

import random
from contextlib import closing
from datetime import timedelta
from signal import SIGKILL
from subprocess import PIPE

import psycopg2
import pytest

from acme_assets.sample import operations
from acme_assets.sample.trickle import step
from acme_platform.config.settings import Settings
from acme_platform.day import parse_days, today
from acme_platform.embedded import Finance, attach, finance, stop
from acme_platform.embedded.keeping.account import choose_account
from acme_platform.embedded.keeping.child import spawn
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.errors import AcmeError, MendInput
from acme_platform.ingest.database.source import Source
from acme_platform.warehouse.connection import Warehouse, rows


@pytest.fixture
def there(kept: Settings) -> Finance:
    found = finance(kept)
    with closing(Warehouse(found.owner_url)) as owner:
        with owner.transaction("test") as at:
            at.execute("drop schema if exists operations cascade")
        operations.prepare(owner)
    return found


def ask(url: str, query: str) -> list[dict[str, object]]:
    with closing(Warehouse(url)) as database, database.transaction("test") as at:
        return rows(at, query)


def test_the_reader_reads_and_may_do_nothing_else(there: Finance) -> None:
    assert ask(there.reader_url, "select count(*) as n from operations.customers") == [{"n": 1000}]
    for statement in ("delete from operations.customers", "create table operations.mine (n int)"):
        with closing(psycopg2.connect(there.reader_url)) as opened, opened.cursor() as at:
            at.execute("set default_transaction_read_only = off")
            opened.commit()
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                at.execute(statement)


def stop_and_make_older(own: Settings) -> None:
    """Take away what versions without finance_db did not make."""
    place = Place(own.home / "postgresql")
    stop(own)
    command = [str(POSTGRESQL.program()), "--single", "-D", str(place.data), "template1"]
    single = spawn(command, choose_account(), place.data, place.log, last_wish=SIGKILL, stdin=PIPE)
    single.communicate(b"drop database finance_db\ndrop role finance\ndrop role finance_reader\n")
    assert single.returncode == 0
    (place.data / "acme_bootstrap").unlink()


def test_a_home_of_an_older_version_gets_the_database_when_it_starts_and_keeps_its_data(own: Settings) -> None:
    before = attach(own)
    ask(before.warehouse_url, "create table public.kept as select 7 as n; select 1 as done")
    stop_and_make_older(own)

    found = finance(own)

    with closing(Warehouse(found.owner_url)) as owner:
        operations.prepare(owner)
    assert ask(found.reader_url, "select count(*) as n from operations.customers") == [{"n": 1000}]
    assert attach(own) == before
    assert ask(before.warehouse_url, "select n from public.kept") == [{"n": 7}]


def test_a_server_of_an_older_version_that_still_runs_is_to_be_stopped_first(own: Settings) -> None:
    attach(own)
    (own.home / "postgresql/data/acme_bootstrap").unlink()

    with pytest.raises(MendInput) as refused:
        finance(own)
    assert refused.value.next_step.startswith("acme down")

    stop(own)
    assert ask(finance(own).reader_url, "select 1 as n") == [{"n": 1}]


def test_the_passwords_of_the_two_differ_and_are_shown_nowhere(there: Finance) -> None:
    passwords = {url.split(":")[2].split("@")[0] for url in (there.owner_url, there.reader_url)}
    assert len(passwords) == 2
    assert not [one for one in passwords if one in repr(there)]
    with pytest.raises(AcmeError) as refused:
        ask(there.reader_url.replace("finance_reader", "finance"), "select 1")
    assert not [one for one in passwords if one in str(refused.value)]


def test_the_reader_sees_how_long_others_are_open_and_who_does_not_reads_more_again(there: Finance) -> None:
    with closing(Warehouse(there.owner_url)) as owner, owner.transaction("test") as at:
        at.execute("select now()::timestamp")
        ((began,),) = at.fetchall()
        with Source(there.reader_url).snapshot("test") as seen:
            assert began - timedelta(seconds=2) < seen.moment.complete_to <= began
    with closing(psycopg2.connect(there.reader_url)), Source(there.owner_url).snapshot("test") as blind:
        assert blind.moment.now - blind.moment.complete_to > timedelta(minutes=9)


def test_days_at_once_look_as_steps_would_have_left_them(there: Finance) -> None:
    """Items go to a customer's first order of a day: nine orders in ten have none. Days that are there stay."""
    days = parse_days("2024-01-01..2024-01-02")
    owner = Warehouse(there.owner_url)
    assert operations.fill(owner, days, rows=2000, seed=1) == dict.fromkeys(days, 2000)
    first = "select md5(string_agg(o::text, ',' order by order_id)) as found from operations.orders as o"
    before = ask(there.owner_url, first)

    assert operations.fill(owner, days, rows=2000, seed=1) == dict.fromkeys(days, 0)
    assert ask(there.owner_url, first) == before
    (counted,) = ask(
        there.owner_url,
        """
        select count(*) as orders, count(*) filter (where status = 'COMPLETED') as completed,
            count(*) filter (where customer_id is null) as of_nobody, count(distinct order_date) as days,
            count(*) filter (where delivery_date <> order_date + 10) as late,
            count(*) filter (where order_id not in (select order_id from operations.order_items)) as without_items,
            count(*) filter (where updated_at::date <> order_date or updated_at < created_at) as strange,
            (select count(*) from operations.order_items) as items,
            (select count(*) from operations.order_items where quanity not between 0 and 999) as uncountable
        from operations.orders
        """,
    )
    assert counted | {"completed": 0, "without_items": 0, "of_nobody": 0} == {
        "orders": 4000, "completed": 0, "of_nobody": 0, "days": 2, "late": 0, "without_items": 0, "strange": 0,
        "items": 4000 * 26, "uncountable": 0,
    }  # fmt: skip
    assert 0.85 < int(str(counted["without_items"])) / 4000 < 0.93
    assert 0.85 < int(str(counted["completed"])) / 4000 < 0.97
    assert int(str(counted["of_nobody"])) > 0
    (two,) = ask(
        there.owner_url,
        "select count(*) as n from (select from operations.orders"
        " where status <> 'COMPLETED' and customer_id is not null"
        " group by customer_id, order_date having count(*) > 1) as open",
    )
    assert two == {"n": 0}
    owner.close()


def test_steps_place_orders_and_move_them_on(there: Finance) -> None:
    """A COMPLETED order stays; a customer has one open order of a day at most; 26 items come with each order."""
    luck = random.Random(7)  # noqa: S311  # no secret
    with closing(Warehouse(there.owner_url)) as owner, owner.transaction("test") as at:
        at.execute("delete from operations.customers where customer_id > 5")
        for _ in range(300):
            step(at, luck)
    (found,) = ask(
        there.owner_url,
        "select count(*) as orders, count(*) filter (where status <> 'COMPLETED') as open,"
        " count(distinct status) as statuses, (select count(*) from operations.order_items) as items,"
        " (select count(distinct order_id) from operations.order_items) as orders_with_items from operations.orders",
    )
    assert found["items"] == int(str(found["orders"])) * 26
    assert found["orders_with_items"] == 5
    assert int(str(found["open"])) <= 5
    assert int(str(found["orders"])) > 40


def test_today_holds_no_time_that_is_still_to_come(there: Finance) -> None:
    with closing(Warehouse(there.owner_url)) as owner:
        operations.fill(owner, parse_days(str(today())), rows=100, seed=1)
    (newest,) = ask(there.owner_url, "select max(updated_at) <= now()::timestamp as past from operations.orders")
    assert newest == {"past": True}
