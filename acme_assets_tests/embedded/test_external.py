"""Servers elsewhere: what the environment names is used, and nothing is started in its place."""

import socket
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from acme_assets_tests.embedded.homes import servers_of, settings_of
from acme_platform.config.settings import Settings
from acme_platform.embedded import Addresses, ServerState, attach, running, states, stop

ELSEWHERE = Addresses(
    warehouse_url="postgresql://me:secret@db.test:6000/warehouse",
    dagster_url="postgresql://me:secret@db.test/dagster",
    redis_url="redis://:secret@127.0.0.1:1/3",
)


def elsewhere(home: Path) -> Settings:
    return replace(
        settings_of(home),
        warehouse_url=ELSEWHERE.warehouse_url,
        dagster_url=ELSEWHERE.dagster_url,
        redis_url=ELSEWHERE.redis_url,
    )


def test_three_external_servers_start_nothing_and_make_no_folder(tmp_path: Path) -> None:
    settings = elsewhere(tmp_path / "home")

    assert attach(settings) == ELSEWHERE
    with running(settings) as addresses:
        assert addresses == ELSEWHERE
    assert not stop(settings)
    assert not settings.home.exists()


def test_only_what_is_not_named_is_started(own: Settings) -> None:
    settings = replace(elsewhere(own.home), redis_url=None)

    addresses = attach(settings)

    assert addresses.warehouse_url == ELSEWHERE.warehouse_url
    assert addresses.redis_url != ELSEWHERE.redis_url
    assert ["valkey-server" in line for line in servers_of(own.home).values()] == [True]


def test_states_tell_external_servers_by_what_they_are_for_and_never_show_a_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = replace(
            elsewhere(tmp_path / "home"), warehouse_url=f"postgresql://me:secret@127.0.0.1:{port}/w", dagster_url=None
        )

        postgresql, warehouse, redis = states(settings)

    assert (postgresql.name, postgresql.kind, postgresql.running) == ("postgresql", "embedded", False)
    assert warehouse == ServerState("warehouse", "external", f"127.0.0.1:{port}", running=True)
    assert redis == ServerState("redis", "external", "127.0.0.1:1", running=False)
    assert "secret" not in f"{postgresql}{warehouse}{redis}"


@pytest.mark.parametrize("listens", [True, False])
def test_a_server_behind_a_socket_in_a_folder_is_asked_there(tmp_path: Path, listens: bool) -> None:
    """A path may be longer than an address of a socket, so its folder is a short one."""
    with TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listening:  # as short as can be
        listening.bind(f"{folder}/.s.PGSQL.6000")
        if listens:
            listening.listen()
        settings = replace(elsewhere(tmp_path / "home"), warehouse_url=f"postgresql:///w?host={folder}&port=6000")

        (warehouse,) = [state for state in states(settings) if state.name == "warehouse"]

    assert warehouse == ServerState("warehouse", "external", f"{folder}:6000", running=listens)


def test_states_start_nothing_and_tell_the_version_all_the_same(tmp_path: Path) -> None:
    postgresql, valkey = states(settings_of(tmp_path / "home"))

    assert (postgresql.running, postgresql.version, postgresql.address) == (False, "18.6", None)
    assert (valkey.running, valkey.version, valkey.address) == (False, "9.1.2", None)
    assert not (tmp_path / "home").exists()
