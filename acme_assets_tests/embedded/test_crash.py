"""kill -9 of anything, then the next command works, with all that was committed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from acme_assets_tests.embedded.homes import (
    Command,
    ask,
    client,
    command_lines,
    impatient_keeper,
    keeper_pid,
    kill,
    servers_of,
    state,
    until,
)
from acme_platform.config.settings import Settings
from acme_platform.embedded import attach
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.postgresql import POSTGRESQL

COUNTING = "select count(*) from pg_stat_activity where query like '%series%' and pid <> pg_backend_pid()"
LOCKED = "select count(*) from pg_locks where relation = 'public.locked'::regclass"
SLEEPS_ON_A_LOCK = """
import sys, psycopg2
psycopg2.connect(sys.argv[1]).cursor().execute("lock table public.locked; select pg_sleep(600)")
"""


@pytest.fixture
def written(kept: Settings) -> int:
    """A number that is committed to PostgreSQL and acknowledged by Valkey."""
    addresses = attach(kept)
    ask(addresses.warehouse_url, "create table if not exists public.numbers (n int); select 0")
    with client(addresses.redis_url) as answers:
        number = int(answers.incr("number"))
    ask(addresses.warehouse_url, "insert into public.numbers values (%s) returning n", number)
    return number


def assert_there(settings: Settings, number: int) -> None:
    addresses = attach(settings)
    assert ask(addresses.warehouse_url, "select max(n) from public.numbers") == number
    with client(addresses.redis_url) as answers:
        assert answers.get("number") == str(number)
    assert len(servers_of(settings.home)) == 2


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_server_that_is_killed_comes_back_at_the_same_address(kept: Settings, written: int, name: str) -> None:
    before = attach(kept)
    killed = state(kept, name).pid

    kill(killed)

    until(lambda: state(kept, name).pid not in (killed, None))
    assert attach(kept) == before
    assert_there(kept, written)


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_server_that_is_killed_is_no_news_to_the_next_command(kept: Settings, written: int, name: str) -> None:
    kill(state(kept, name).pid)

    assert_there(kept, written)


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_keeper_that_is_killed_takes_its_server_with_it_and_the_next_command_has_both(
    kept: Settings, written: int, name: str
) -> None:
    kill(keeper_pid(kept, name))

    assert_there(kept, written)


def test_keeper_and_server_may_be_killed_together(kept: Settings, written: int) -> None:
    for name in ("postgresql", "valkey"):
        server, keeper = state(kept, name).pid, keeper_pid(kept, name)
        kill(keeper)
        kill(server)

    assert_there(kept, written)


def test_a_query_that_outlives_its_postmaster_does_not_keep_the_next_one_out(kept: Settings, written: int) -> None:
    busy = threading.Thread(target=_count_for_minutes, args=(attach(kept).warehouse_url,))
    busy.start()
    until(
        lambda: (
            ask(
                attach(kept).warehouse_url,
                COUNTING,
            )
            == 1
        )
    )

    kill(state(kept, "postgresql").pid)

    assert_there(kept, written)
    busy.join(timeout=10)
    assert not busy.is_alive()


def _count_for_minutes(url: str) -> None:
    with pytest.raises(psycopg2.Error, match="closed"):
        ask(url, "select count(*) from generate_series(1, 10000000000)")


@pytest.mark.slow
def test_a_query_whose_client_was_killed_ends_and_gives_its_locks_back(kept: Settings) -> None:
    url = attach(kept).warehouse_url
    ask(url, "create table if not exists public.locked (); select 0")
    lost = subprocess.Popen([sys.executable, "-c", SLEEPS_ON_A_LOCK, url])
    until(lambda: ask(url, LOCKED) == 1)

    lost.kill()
    lost.wait()

    until(lambda: ask(url, LOCKED) == 0, seconds=10)


def test_a_command_that_is_killed_leaves_the_servers_to_the_others(
    kept: Settings, written: int, command: Callable[[Path], Command]
) -> None:
    other = command(kept.home)
    other.addresses()

    other.kill()

    assert_there(kept, written)


def test_a_server_that_dies_again_and_again_is_not_restarted_for_ever(own: Settings) -> None:
    user = impatient_keeper(own.home / "valkey")
    until(lambda: state(own, "valkey").running)
    keeper = keeper_pid(own, "valkey")

    killed: set[int | None] = {None}
    while len(killed) < 4:
        until(lambda: state(own, "valkey").pid not in killed)
        killed.add(state(own, "valkey").pid)
        kill(state(own, "valkey").pid)

    until(lambda: not command_lines().get(keeper))
    assert "valkey died 3 times in a row" in (own.home / "valkey" / "keeper.log").read_text()
    os.close(user)


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_server_that_is_killed_while_it_starts_is_started_again(kept: Settings, written: int, name: str) -> None:
    """Three times in a row, as soon as it can be seen; the command that waits for it does not notice."""
    kill(keeper_pid(kept, name))
    until(lambda: len(servers_of(kept.home)) == 1)
    others = set(command_lines())
    killer = threading.Thread(target=_kill_new_ones, args=(lambda: _servers_named(kept.home, name), others, 3))
    killer.start()

    assert_there(kept, written)
    killer.join()


def test_postgresql_whose_recovery_is_killed_recovers(own: Settings) -> None:
    """PostgreSQL 18 left alone waits for ever when its startup process is killed after a crash of another one."""
    assert ask(attach(own).warehouse_url, "create table public.numbers as select 7 as n; select 0") == 0
    killer = threading.Thread(target=_kill_new_ones, args=(lambda: _parts(own.home, "startup"), set(), 1))
    killer.start()

    kill(_parts(own.home, "checkpointer").pop())

    killer.join()
    assert ask(attach(own).warehouse_url, "select n from public.numbers") == 7


def _servers_named(home: Path, name: str) -> set[int]:
    program = {"postgresql": "/postgres ", "valkey": "/valkey-server "}[name]
    return {pid for pid, line in servers_of(home).items() if program in line}


def _parts(home: Path, title: str) -> set[int]:
    """The processes of the home's PostgreSQL that call themselves so."""
    titled = f"{POSTGRESQL.mark(Place(home / 'postgresql'))}: {title}"
    return {pid for pid, line in command_lines().items() if titled in line}


def _kill_new_ones(seen: Callable[[], set[int]], others: set[int], times: int) -> None:
    for _ in range(times):
        while not (new := seen() - others):
            pass
        others |= new
        for process in new:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.mark.slow
def test_a_first_start_that_is_killed_half_way_is_made_again(own: Settings, command: Callable[[Path], Command]) -> None:
    folder = own.home / "postgresql"
    first = command(own.home)
    until(lambda: any(folder.glob("making-*/base")))

    kill(keeper_pid(own, "postgresql"))
    first.kill()

    assert ask(attach(own).warehouse_url, "select 1") == 1
    assert list(folder.glob("making-*")) == []
