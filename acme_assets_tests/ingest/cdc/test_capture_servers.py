"""The server of a capture: another one, an older state of it, a replica that took over, and a slot that it gave up.

Either the log goes on behind what was read, or the reading refuses and a copy anew leaves nothing lacking.
"""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from acme_assets.company import COMPANY
from acme_assets_tests.support.capturing import SLOT, Captured, change, delete, insert
from acme_assets_tests.support.databases import beside, statement
from acme_assets_tests.support.logical import Logical, Standby
from acme_assets_tests.support.origin import operational
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse

#: more of the log than was there when it was read
MUCH = "select pg_logical_emit_message(true, 'acme test', repeat('x', 1000000)) from generate_series(1, 5)"


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[Logical]:
    server = Logical(tmp_path / "primary")
    server.start()
    yield server
    server.stop(signal.SIGQUIT)


@pytest.fixture
def begun(primary: Logical, services: Services) -> Iterator[Captured]:
    """Read by capture, with three orders."""
    with operational(primary.url, services, capture=SLOT) as made:
        captured = Captured(made.services, made.database)
        captured.run(*(insert(number) for number in (1, 2, 3)))
        captured.extract(today(), "run 1")
        yield captured
        captured.slot().drop()


@contextmanager
def moved(captured: Captured, server: Logical) -> Iterator[Captured]:
    """The URL names that server from now on."""
    services, before = captured.services, captured.url
    url = beside(server.url, before.rsplit("/", 1)[1])
    captured.reads(url, SLOT)
    with closing(Warehouse(url)) as database:
        yield Captured(services, database)
        Captured(services, database).slot().drop()
    captured.reads(before, SLOT)


# another server, and an older state of it


@pytest.mark.slow
def test_another_server_behind_the_url_is_refused_and_its_slot_is_left_alone(begun: Captured, tmp_path: Path) -> None:
    """Though it has the same tables, and a slot and a publication of that name, which others read from."""
    other = Logical(tmp_path / "other")
    other.start()
    statement(other.url, "create database {}", begun.url.rsplit("/", 1)[1])
    with moved(begun, other) as captured:
        captured.run((COMPANY.sql / "source/operations.sql").read_text(), insert(7))
        captured.run(f"create publication {SLOT} for all tables")
        captured.run(f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")

        refused = captured.refused()
        assert "it is another server" in refused.message
        with pytest.raises(MendInput, match="somebody else's"):
            captured.mend(MendInput("", f"as its administrator: drop publication {SLOT}; then acme recapture"))
        captured.slot().drop()
        captured.extract(today(), "run 3")
        assert captured.differences() == []
    other.stop()


@pytest.mark.slow
@pytest.mark.parametrize("since", ["less than was read", "more than was read"])
def test_a_server_restored_from_a_copy_is_refused(begun: Captured, primary: Logical, since: str) -> None:
    """Its log goes another way, be it shorter than what was read or longer by now."""
    copied = primary.folder / "copy"
    primary.stop()
    subprocess.run(["/bin/cp", "-a", str(primary.folder / "data"), str(copied)], check=True)
    primary.start()
    begun.run(change(1, "COMPLETED"), insert(4), MUCH)
    begun.extract(today(), "run 2")
    primary.stop()
    shutil.rmtree(primary.folder / "data")
    copied.rename(primary.folder / "data")
    primary.start()
    begun.run(change(2, "PROCESSING"), delete(3), *([MUCH] * 3 if since.startswith("more") else []))

    refused = begun.refused()
    assert ("is another one than was read" if since.startswith("more") else "its log ends before") in refused.message
    begun.mend(refused)
    assert begun.differences() == []


# a replica takes over


@pytest.mark.slow
def test_a_replica_that_takes_over_without_the_slot_is_refused_and_copied_anew(
    begun: Captured, primary: Logical, tmp_path: Path
) -> None:
    with replica(primary, tmp_path) as standby:
        begun.run(change(1, "COMPLETED"), delete(2))
        standby.follow()
        promote(standby)
        with moved(begun, standby) as captured:
            captured.run(insert(4))
            refused = captured.refused()
            assert "slot acme_test is gone" in refused.message
            captured.mend(refused)
            captured.run(change(4, "COMPLETED"))
            captured.extract(today(), "run 4")
            assert captured.differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True], ids=["as far as was read", "behind what was read"])
def test_a_replica_that_takes_over_with_the_slot_goes_on_or_is_refused(
    begun: Captured, primary: Logical, tmp_path: Path, *, behind: bool
) -> None:
    """Our slots are made to be kept on replicas (17 and newer). A log that lacks what was read goes another way."""
    begun.run("select pg_create_physical_replication_slot('standby', true)", change(1, "COMPLETED"), MUCH)
    with replica(primary, tmp_path, "hot_standby_feedback=on", "primary_slot_name=standby") as standby:
        take_slots(standby, begun)
        if behind:
            standby.restart("primary_conninfo=", "primary_slot_name=")
        begun.run(change(3, "PROCESSING"))
        if behind:
            begun.extract(today(), "run 3")
        else:
            standby.follow()
        promote(standby)
        with moved(begun, standby) as captured:
            captured.run(delete(2), insert(4), MUCH)
            if behind:
                captured.mend(captured.refused())
            else:
                captured.extract(today(), "run 4")
            assert captured.differences() == []


@contextmanager
def replica(primary: Logical, folder: Path, *settings: str) -> Iterator[Standby]:
    standby = Standby(folder / "standby", primary)
    standby.start(*settings)
    try:
        yield standby
    finally:
        standby.stop(signal.SIGQUIT)


def promote(standby: Standby) -> None:
    with closing(Warehouse(standby.url)) as opened, opened.transaction("test") as cursor:
        cursor.execute("select pg_promote()")


def take_slots(standby: Standby, captured: Captured) -> None:
    """Until the slot is there for good: it waits for the primary to need no log that the replica lacks."""
    for number in range(20):
        captured.run(insert(100 + number), "select pg_log_standby_snapshot()")
        captured.extract(today(), f"run of slots {number}")
        standby.follow()
        with closing(Warehouse(standby.url)) as opened, opened.transaction("test") as cursor:
            cursor.execute("select pg_sync_replication_slots()")
            cursor.execute("select count(*) from pg_replication_slots where synced and not temporary")
            if cursor.fetchone() == (1,):
                return
    raise AssertionError((standby.folder / "log").read_text()[-2000:])


# a slot that the server gave up


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["max_slot_wal_keep_size = '1MB'", "idle_replication_slot_timeout = '1s'"])
def test_a_slot_that_lost_its_log_is_refused_and_copied_anew(captured: Captured, setting: str) -> None:
    captured.run(insert(1), insert(2))
    captured.extract(today(), "run 1")
    captured.run(delete(1), change(2, "COMPLETED"), insert(3))
    captured.alone(f"alter system set {setting}", "select pg_reload_conf()", "select pg_sleep(1.5)")
    try:
        for _ in range(4):
            captured.alone("select pg_logical_emit_message(false, 'acme test', 'x')", "select pg_switch_wal()")
        captured.alone("checkpoint")
        refused = captured.refused()
    finally:
        captured.alone(f"alter system reset {setting.split(' ', maxsplit=1)[0]}", "select pg_reload_conf()")

    assert "the slot acme_test lost its log (" in refused.message
    captured.mend(refused)
    assert captured.differences() == []


@pytest.mark.slow
def test_a_slot_of_another_database_is_somebody_elses(captured: Captured, logical: Logical) -> None:
    captured.extract(today(), "run 1")
    captured.slot().drop()
    with closing(Warehouse(logical.url)) as opened, opened.transaction("test") as cursor:
        cursor.execute(f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")

    refused = captured.refused()
    assert "is another one (pgoutput, database postgres)" in refused.message
    with pytest.raises(MendInput, match="somebody else's") as left:
        captured.mend(refused)
    assert "set ACME_SOURCE_FINANCE_CAPTURE to a new name" in left.value.next_step
    with closing(Warehouse(logical.url)) as opened, opened.transaction("test") as cursor:
        cursor.execute(f"select pg_drop_replication_slot('{SLOT}')")
    captured.extract(today(), "run 3")
    assert captured.differences() == []
