"""The warehouse: transactions whole or not at all, and failures told apart by who can mend them."""

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from acme_assets_tests.support.databases import beside, statement
from acme_platform.embedded import Addresses
from acme_platform.errors import MendInput, OurBug, TryAgain
from acme_platform.schema.migrate import migrate
from acme_platform.warehouse.connection import Warehouse, lock

ME = "select pg_backend_pid()"


@pytest.fixture
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    with closing(Warehouse(warehouse_url)) as opened:
        yield opened


def run(warehouse: Warehouse, *statements: str) -> list[tuple[object, ...]]:
    with warehouse.transaction("test") as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def test_a_transaction_that_fails_leaves_nothing(warehouse: Warehouse) -> None:
    run(warehouse, "create table public.kept (a int)")
    with pytest.raises(OurBug):
        run(warehouse, "insert into public.kept values (1)", "select 1 / 0")
    assert run(warehouse, "select count(*) from public.kept") == [(0,)]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("select nonsense", OurBug),
        ("select 1 / 0", OurBug),
        ("select pg_terminate_backend(pg_backend_pid())", TryAgain),
        ("set local statement_timeout = '1ms'; select pg_sleep(1)", TryAgain),
        ("do $$ begin raise sqlstate '40P01' using message = 'deadlock'; end $$", TryAgain),
        ("do $$ begin raise sqlstate '53100' using message = 'disk full'; end $$", MendInput),
        ("set role nobody_at_all", OurBug),
        ("create role anybody", MendInput),
        ("create table public.a (n int); create view public.theirs as table public.a; drop table public.a", MendInput),
    ],
)
def test_a_failure_says_who_can_mend_it(warehouse: Warehouse, statement: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised:
        run(warehouse, statement)
    assert type(raised.value) is kind
    assert warehouse.address in str(raised.value)
    assert run(warehouse, "select 1") == [(1,)], "the next transaction has a connection that works"


@pytest.mark.parametrize(
    ("part", "kind"),
    [("password", MendInput), ("port", TryAgain), ("database", MendInput)],
)
def test_a_server_that_does_not_let_us_in_is_named_without_the_password(
    warehouse_url: str, part: str, kind: type[Exception]
) -> None:
    parts = urlsplit(warehouse_url)
    password = "canary" if part == "password" else parts.password
    port, path = (1 if part == "port" else parts.port), ("/nowhere" if part == "database" else parts.path)
    url = f"postgresql://{parts.username}:{password}@{parts.hostname}:{port}{path}"
    with closing(Warehouse(url)) as elsewhere, pytest.raises(kind) as raised:
        run(elsewhere, "select 1")
    assert f"{parts.hostname}:{port}{path}" in str(raised.value)
    assert str(password) not in str(raised.value)
    assert "acme doctor" in raised.value.next_step  # type: ignore[attr-defined]  # both kinds have one


def test_a_server_without_a_free_connection_is_tried_again(warehouse: Warehouse, warehouse_url: str) -> None:
    run(warehouse, f"alter database {urlsplit(warehouse_url).path.strip('/')} connection limit 0")
    with closing(Warehouse(warehouse_url)) as another, pytest.raises(TryAgain, match="too many connections"):
        run(another, "select 1")


def test_connections_are_kept_and_a_dead_one_is_replaced(warehouse: Warehouse, warehouse_url: str) -> None:
    first = run(warehouse, ME)
    assert run(warehouse, ME) == first
    with closing(Warehouse(warehouse_url)) as other:
        run(other, f"select pg_terminate_backend({first[0][0]})")
    assert run(warehouse, ME) != first


def test_a_transaction_is_named_and_has_the_settings_we_count_on(warehouse: Warehouse) -> None:
    run(warehouse, ME)
    with warehouse.transaction("a run and its table, " * 9) as cursor:
        cursor.execute("select current_setting('application_name'), current_setting('TimeZone')")
        assert cursor.fetchone() == (("a run and its table, " * 9)[:63], "UTC")
        cursor.execute("select date '2024-01-31'::text, current_setting('lock_timeout')")
        assert cursor.fetchone() == ("2024-01-31", "1min")


def test_many_threads_have_a_transaction_each(warehouse: Warehouse) -> None:
    together = threading.Barrier(6, timeout=10)

    def one(_number: int) -> object:
        with warehouse.transaction("test") as cursor:
            cursor.execute(ME)
            together.wait()
            return cursor.fetchall()[0][0]

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(one, range(6)))) == 6


def test_a_lock_lets_one_in_at_a_time_until_its_transaction_ends(warehouse: Warehouse) -> None:
    inside, most = [0], [0]

    def enter(_number: int) -> None:
        with warehouse.transaction("test") as cursor:
            lock(cursor, "the door")
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            cursor.execute("select pg_sleep(0.01)")
            inside[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, range(12)))
    assert most == [1]


def test_migrations_are_applied_once_also_by_two_processes_at_once(dagster_url: str) -> None:
    """On a database that is empty for all of them."""
    with closing(Warehouse(dagster_url)) as warehouse, ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(lambda _number: migrate(warehouse), range(3)))
        assert run(warehouse, "select count(*) from ledger.deliveries") == [(0,)]
    assert sorted(map(len, applied))[:2] == [0, 0]
    assert max(applied)[0] == "001_bookkeeping"


def test_a_database_that_cannot_hold_every_name_is_refused(servers: Addresses) -> None:
    """What initdb makes of a bare environment; the driver would fail at the first letter outside ASCII."""
    url, name = servers.warehouse_url, f"test_{secrets.token_hex(6)}"
    statement(url, "create database {} template template0 encoding 'SQL_ASCII' locale 'C'", name)
    with closing(Warehouse(beside(url, name))) as warehouse, pytest.raises(MendInput, match="SQL_ASCII") as refused:
        migrate(warehouse)
    statement(url, "drop database {}", name)
    assert "--encoding UTF8" in refused.value.next_step
