"""Commands on a full disk: one sentence each, nothing half-written; and all is well when there is room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_assets_tests.disks import SmallDisk, database_on, small_disk
from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.services import Services

from .conftest import Acme, Answer


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


@pytest.fixture
def on_it(
    small: SmallDisk,
    servers_of_the_tests: None,  # noqa: ARG001 (addresses)
    dagster_url: str,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> SmallDisk:
    """What the platform keeps is on the small disk, but for the servers' own data; two days are filled."""
    monkeypatch.setenv("ACME_HOME", str(small.folder / "home"))
    monkeypatch.setenv("ACME_DAGSTER_URL", dagster_url)
    monkeypatch.setenv("ACME_LAKE_URL", services.settings.lake_url)
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("ACME_FIRST_DAY", str(day(1)))
    deliver(services, 1, 2, 3)
    Pipeline(services).fill(day(1), day(2))
    return small


def assert_one_sentence(told: Answer) -> None:
    assert told.code == MendInput.exit_code, told
    assert "No space left on device" in told.err
    assert "next: free some space" in told.err
    assert "Traceback" not in told.err


@pytest.mark.slow
def test_a_command_whose_home_is_full_says_so_and_goes_on_when_there_is_room(acme: Acme, on_it: SmallDisk) -> None:
    """Dagster's configuration, its run and what it prints stand there."""
    commands = (["status"], ["run", "--days", day(3), "--select", "group:sales"])
    on_it.fill()
    for words in commands:
        assert_one_sentence(acme(*words))
    on_it.free()
    for words in commands:
        told = acme(*words)
        assert told.code == 0, told.err


def test_exports_on_a_full_disk_leave_no_half_a_file(acme: Acme, on_it: SmallDisk) -> None:
    target = on_it.folder / "out"
    on_it.fill()
    assert_one_sentence(acme("export", "customer_orders", "--to", target))
    assert list(target.rglob("*")) == []
    on_it.free()
    assert acme("export", "customer_orders", "--to", target).code == 0
    assert len(list(target.iterdir())) == 1


@pytest.mark.slow
def test_a_run_whose_record_finds_no_room_says_so_and_goes_on_when_there_is(
    acme: Acme,
    on_it: SmallDisk,  # noqa: ARG001 (a place)
    logical: Logical,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk of Dagster's storage: its events, its runs."""
    words = ("run", "--days", day(3), "--select", "group:sales")
    with small_disk(tmp_path / "dagster", megabytes=32) as small, database_on(small, logical) as url:
        monkeypatch.setenv("ACME_DAGSTER_URL", url)
        assert acme("status").code == 0
        small.fill()
        assert_one_sentence(acme(*words))
        small.free()
        told = acme(*words)
        assert told.code == 0, told.err
