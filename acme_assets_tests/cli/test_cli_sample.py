"""`acme sample`."""

from pathlib import Path

import pytest

from .conftest import Acme


def test_samples_go_into_the_lake(acme: Acme, home: Path) -> None:
    """Without --to the files stand where the platform looks, and the next command is named."""
    answer = acme("sample", "sales", "--days", "2024-01-01..2024-01-02", "--rows", 100, "--parts", 2, "--gzip")

    assert answer.code == 0
    assert answer.out.splitlines()[:3] == [
        "table            files  rows",
        "sales/customers      2    20",
        "sales/orders         4   200",
    ]
    assert answer.out.splitlines()[-1] == "next: acme run --days 2024-01-01..2024-01-02"
    assert len(list((home / "lake/sales/orders").glob("2024-01-0[12]/part-000[12].csv.gz"))) == 4


def test_samples_go_where_they_are_told(acme: Acme, home: Path, tmp_path: Path) -> None:
    """With --to nothing is put into the lake; the folder is made."""
    answer = acme("sample", "sales", "--days", "2024-01-01", "--rows", 10, "--to", tmp_path / "new" / "folder")

    assert answer.code == 0
    assert (tmp_path / "new/folder/sales/orders/2024-01-01.csv").exists()
    assert not home.exists()


def test_the_options_reach_the_rows(acme: Acme, tmp_path: Path) -> None:
    """Another seed and a share of dirt each change the file; the same words give the same file."""
    words = ["sample", "sales", "--days", "2024-01-01", "--rows", 200, "--to"]
    variants = {"plain": [], "again": [], "seed": ["--seed", 2], "dirty": ["--dirty", 0.1]}
    for name, more in variants.items():
        assert acme(*words, tmp_path / name, *more).code == 0

    files = {name: (tmp_path / name / "sales/orders/2024-01-01.csv").read_bytes() for name in variants}
    assert files["plain"] == files["again"]
    assert len(set(files.values())) == 3


def test_an_s3_lake_needs_a_folder(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are files: for a lake elsewhere one says where to write them, and delivers them from there."""
    monkeypatch.setenv("ACME_LAKE_URL", "s3://bucket/prefix")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    answer = acme("sample", "sales", "--days", "2024-01-01")

    assert answer.code == 2
    assert "s3://bucket/prefix" in answer.err
    assert "--to DIR" in answer.err


def test_an_unknown_feed_is_answered_with_the_known_ones(acme: Acme) -> None:
    """A feed's name is something one can look up."""
    answer = acme("sample", "sail", "--days", "2024-01-01")

    assert (answer.code, answer.out) == (2, "")
    assert "'sail'" in answer.err
    assert "sales" in answer.err
