"""A server takes its share of the memory that it may really have."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from acme_platform.embedded import memory
from acme_platform.embedded.memory import MB

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("limit", "shared_buffers"),
    [
        ("2147483648\n", 256),  # 2 GB: an eighth
        ("536870912\n", 128),  # 512 MB: the least
    ],
)
def test_the_limit_of_a_container_counts(
    limit: str, shared_buffers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "memory.max")

    assert memory.share(8, 128, 1024) == shared_buffers


def test_no_limit_means_the_memory_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "memory.max")
    with_file = memory.available()
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "missing")

    assert with_file == memory.available() > 256 * MB


@pytest.mark.parametrize(("megabytes", "cramped"), [(64, True), (1024, False)])
def test_what_docker_gives_to_shared_memory_is_too_little(
    megabytes: int, cramped: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "SHARED", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(megabytes * MB, 0, 0))

    assert memory.shared_is_cramped() is cramped
