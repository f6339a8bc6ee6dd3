"""A full disk: one sentence that ends with what to free, whatever met it first."""

import errno
import io
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from acme_assets_tests.disks import database_on, small_disk
from acme_assets_tests.support.loading import load, orders
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform import cli, full_disk
from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput, OurBug
from acme_platform.lake import open_lake
from acme_platform.orchestration.assets import as_dagster_failures
from acme_platform.schema.migrate import migrate
from acme_platform.services import Services

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(FULL, id="the system's own"),
        pytest.param(OSError(errno.EDQUOT, "Disk quota exceeded"), id="a quota"),
        pytest.param(caused(RuntimeError("a driver's words"), FULL), id="the cause of another"),
        pytest.param(RuntimeError("insert …\ncould not extend file: No space left on device"), id="PostgreSQL's"),
        pytest.param(OurBug("PostgreSQL: No space left on device", "please report it"), id="one of ours"),
    ],
)
def test_a_full_disk_is_recognised_and_says_what_to_free(error: Exception) -> None:
    found = full_disk.full(error)

    assert found
    assert "\n" not in found.message
    assert found.next_step.startswith("free some space")


def test_another_error_is_no_full_disk() -> None:
    assert full_disk.full(OSError(errno.EACCES, "Permission denied")) is None
    assert full_disk.full(RuntimeError("No space left in the calendar")) is None


def test_a_command_ends_in_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def app() -> None:
        raise FULL

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    said = capsys.readouterr().err
    assert ended.value.code == MendInput.exit_code
    assert said.startswith("a disk is full: ")
    assert "next: free some space" in said
    assert "Traceback" not in said


def test_an_asset_ends_in_one_sentence_and_is_not_tried_again() -> None:
    with pytest.raises(dg.Failure) as failed, as_dagster_failures(0):
        raise FULL

    assert str(failed.value.description).startswith("a disk is full: ")


def test_a_lake_on_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path) as small:
        lake = open_lake(str(small.folder / "lake"))
        (small.folder / "lake").mkdir()
        small.fill()
        with pytest.raises(MendInput, match="No space left on device") as caught:
            lake.put("sales/orders/2024-01-02.csv", io.BytesIO(bytes(1 << 20)))

        assert caught.value.next_step.startswith("free some space")
        assert not [path for path in (small.folder / "lake").rglob("*") if path.is_file()]
        small.free()
        assert lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n")).size == 4


def test_a_warehouse_whose_disk_is_full_loads_nothing_and_goes_on_when_there_is_room(
    settings: Settings, logical: Logical, tmp_path: Path
) -> None:
    """In the middle of the COPY of a file."""
    with (
        small_disk(tmp_path / "disk", megabytes=32) as small,
        database_on(small, logical) as url,
        closing(Services(replace(settings, warehouse_url=url)).open_warehouse()) as warehouse,
    ):
        migrate(warehouse)
        services = Services(replace(settings, warehouse_url=url))
        services.__dict__["warehouse"] = warehouse
        pipeline = Pipeline(services)
        key = pipeline.deliver("orders", day(1), orders(*range(100_000)))
        small.fill()
        with pytest.raises(MendInput, match=r"the disk of PostgreSQL at .* is full") as full:
            load(pipeline)
        assert full.value.next_step.startswith("free some space")
        assert "\n" not in full.value.next_step
        small.free()
        assert pipeline.ask("select state from ledger.deliveries") == []
        assert load(pipeline).rows == 100_000, key
