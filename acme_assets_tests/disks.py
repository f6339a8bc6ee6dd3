"""Small disks, which a test can fill to the last byte.

Belongs here: mounting, filling and freeing them. Not here: what a full disk must say (`test_disk.py`).
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from acme_assets_tests.support.as_account import as_account
from acme_assets_tests.support.databases import beside, statement
from acme_assets_tests.support.logical import Logical


@dataclass(frozen=True)
class SmallDisk:
    """A folder that is a disk of its own."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave no byte: a long write stops where its last piece did not fit."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(b"x"):
                pass

    def free(self) -> None:
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int = 1) -> Iterator[SmallDisk]:
    """Only root can mount one, so anybody else skips."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607  # wherever the system keeps it


@contextmanager
def database_on(small: SmallDisk, server: Logical) -> Iterator[str]:
    """URL of a database of the server, whose log stands elsewhere."""
    space, folder = f"space_{secrets.token_hex(4)}", small.folder / "space"
    folder.mkdir()
    subprocess.run(as_account(folder, "true"), check=True)
    statement(server.url, "create tablespace {} location " + f"'{folder}'", space)
    statement(server.url, "create database {} tablespace {}", space, space)
    try:
        yield beside(server.url, space)
    finally:
        statement(server.url, "drop database {} with (force)", space)
        statement(server.url, "drop tablespace {}", space)
