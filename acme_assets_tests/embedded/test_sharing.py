"""Commands share one set of servers, which stays while somebody uses it and a little longer."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from acme_assets_tests.embedded.homes import Command, ask, client, impatient_keeper, servers_of, until
from acme_platform.config.settings import Settings
from acme_platform.embedded import attach, release, states, stop


def removed(folder: Path) -> bool:
    """Whether it is gone; servers that still write into it may need a second try."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


@pytest.mark.slow
def test_commands_that_start_at_the_same_moment_share_one_set_of_servers(
    own: Settings, command: Callable[[Path], Command]
) -> None:
    commands = [command(own.home) for _ in range(4)]

    assert len({server.addresses() for server in commands}) == 1
    assert len(servers_of(own.home)) == 2


def test_both_databases_and_redis_answer(kept: Settings) -> None:
    addresses = attach(kept)

    assert ask(addresses.warehouse_url, "select current_database()") == "warehouse"
    assert ask(addresses.dagster_url, "select current_database()") == "dagster"
    with client(addresses.redis_url) as answers:
        assert answers.ping()


def test_text_sorts_by_code_point_whatever_the_host_speaks(kept: Settings) -> None:
    words = "select string_agg(word, ' ' order by word) from unnest('{b,B,a,ä,Z}'::text[]) as word"

    assert ask(attach(kept).warehouse_url, words) == "B Z a b ä"


def test_attaching_again_gives_the_same_addresses(kept: Settings) -> None:
    assert attach(kept) == attach(kept)


def test_stop_ends_the_servers_whoever_uses_them_and_keeps_the_data_and_the_addresses(own: Settings) -> None:
    before = attach(own)
    ask(before.warehouse_url, "create table public.kept as select 7 as n; select n from public.kept")
    with client(before.redis_url) as answers:
        answers.set("kept", "7")

    assert stop(own)

    assert not servers_of(own.home)
    assert [server.running for server in states(own)] == [False, False]
    assert not stop(own)
    assert attach(own) == before
    assert ask(before.warehouse_url, "select n from public.kept") == 7
    with client(before.redis_url) as answers:
        assert answers.get("kept") == "7"


@pytest.mark.slow
def test_a_server_stays_while_it_is_used_and_stops_soon_after_its_last_user_was_killed(
    own: Settings, command: Callable[[Path], Command]
) -> None:
    starters = [impatient_keeper(own.home / name) for name in ("postgresql", "valkey")]
    user = command(own.home)
    user.addresses()
    for starter in starters:
        os.close(starter)

    time.sleep(1.5)

    assert len(servers_of(own.home)) == 2
    user.kill()
    until(lambda: not servers_of(own.home), seconds=5)


@pytest.mark.slow
def test_a_home_that_is_removed_takes_its_servers_with_it_and_can_be_made_anew(own: Settings) -> None:
    before = attach(own)

    until(lambda: removed(own.home))

    until(lambda: not servers_of(own.home), seconds=5)
    assert attach(own) != before
    assert len(servers_of(own.home)) == 2


def test_attaching_to_servers_that_run_starts_nothing(kept: Settings) -> None:
    addresses = attach(kept)
    running = servers_of(kept.home)

    assert [attach(kept) for _ in range(3)] == [addresses] * 3
    assert servers_of(kept.home) == running


def test_who_leaves_last_stops_the_servers_at_once(own: Settings) -> None:
    before = attach(own)

    assert release(own)

    assert not servers_of(own.home)
    assert attach(own) == before


def test_who_leaves_while_others_are_there_leaves_the_servers_to_them(
    own: Settings, command: Callable[[Path], Command]
) -> None:
    other = command(own.home)
    attach(own)

    assert other.addresses() == attach(own)
    assert not release(own)
    assert len(servers_of(own.home)) == 2

    other.end()
    assert not release(own), "it is no user any more"
    assert len(servers_of(own.home)) == 2, "which stay a while, as after any command"
