"""A full disk: one sentence that ends with what to free, whatever met it first."""

import errno
import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
import pytest

from acme_platform import cli, full_disk
from acme_platform.errors import MendInput, OurBug
from acme_platform.lake import open_lake
from acme_platform.orchestration.assets import told_apart

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte without a byte left."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        (tmp_path / "lake").mkdir()
        with suppress(OSError):
            (tmp_path / "filler").write_bytes(bytes(2 << 20))
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)  # noqa: S607  # wherever the system keeps it


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
    with pytest.raises(dg.Failure) as failed, told_apart(0):
        raise FULL

    assert str(failed.value.description).startswith("a disk is full: ")


def test_a_lake_on_a_full_disk_says_so_and_leaves_nothing(small_disk: Path) -> None:
    lake = open_lake(str(small_disk / "lake"))
    with pytest.raises(MendInput, match="No space left on device") as caught:
        lake.put("sales/orders/2024-01-02.csv", io.BytesIO(bytes(1 << 20)))

    assert caught.value.next_step.startswith("free some space")
    assert not [path for path in (small_disk / "lake").rglob("*") if path.is_file()]
    (small_disk / "filler").unlink()
    assert lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n")).size == 4
