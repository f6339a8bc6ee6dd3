"""Sorted keys: the index of a part, by which a later day finds the versions that it supersedes without a scan.

Belongs here: keys that are one whole number, in a folder that this process reads. Not here: other keys and other
places, which the engine scans (`superseded.py`).

    <table>_keys/…/<part>.npy: the keys of that part in order, mapped into memory and searched by halves

It is made when it is first asked for. It says nothing that its part does not, and a part never changes: so it may be
missing, and is made again.
"""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table

Keys = npt.NDArray[np.int64]
ENDING = ".npy"


def keys_folder(table: Table) -> str:
    """Of the indexes of the table's parts, below the address of all tables."""
    return f"{folder(table)}_keys"


def part_of(table: Table, path: str) -> str:
    """The path of the part that an index is of."""
    return f"{folder(table)}{path.removeprefix(keys_folder(table)).removesuffix(ENDING)}"


@dataclass(frozen=True)
class SortedKeys:
    """Of one table, whose versions share `column`."""

    files: TableFiles
    table: Table
    column: str

    @staticmethod
    def serve(files: TableFiles, table: Table, chain: list[str]) -> bool:
        """Whether the table's keys can be kept so."""
        return bool(files.local) and len(chain) == 1 and pa.types.is_integer(schema_of(table).field(chain[0]).type)

    def of(self, parts: Iterable[LakePart]) -> Keys:
        """The keys of these parts, each once, in order."""
        return _distinct(np.concatenate([np.empty(0, np.int64), *(self._of(part) for part in parts)]))

    def newest(self, keys: Keys, parts: Iterable[LakePart]) -> list[tuple[date, Keys]]:
        """The days on which the keys stand last in these parts, newest first; of each, the keys."""
        found = []
        for part in sorted(parts, key=lambda part: part.day, reverse=True):
            if not len(keys):
                break
            stands = _stands(keys, self._of(part))
            found.append((part.day, keys[stands]))
            keys = keys[~stands]
        return found

    def _of(self, part: LakePart) -> Keys:
        path = self._path(part)
        keys = _mapped(path)
        if keys is None or len(keys) != part.rows:
            keys = self._sorted(part)
            _save(keys, path)
        return keys

    def _path(self, part: LakePart) -> Path:
        assert self.files.local  # noqa: S101  # it serves
        return self.files.local / f"{keys_folder(self.table)}{part.path.removeprefix(folder(self.table))}{ENDING}"

    def _sorted(self, part: LakePart) -> Keys:
        batches = self.files.batches(part, [self.column])
        keys: Keys = np.concatenate([batch.column(0).cast(pa.int64()).to_numpy() for batch in batches])
        keys.sort()
        return keys


def _save(keys: Keys, path: Path) -> None:
    """Whoever reads meanwhile finds all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{secrets.token_hex(6)}-{path.name}")
    with draft.open("wb") as output:
        np.save(output, keys)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(path)


def _mapped(path: Path) -> Keys | None:
    """None where it is not there, or is cut off."""
    try:
        keys: Keys = np.load(path, mmap_mode="r")
    except (FileNotFoundError, EOFError, ValueError):
        return None
    return keys


def _distinct(keys: Keys) -> Keys:
    """Each once, in order. `np.unique` hashes them: 16 s for ten million, where this takes 0.2."""
    keys.sort()
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    return keys[is_first]


def _stands(keys: Keys, among: Keys) -> npt.NDArray[np.bool_]:
    places = np.searchsorted(among, keys)
    stands: npt.NDArray[np.bool_] = among[np.minimum(places, len(among) - 1)] == keys
    return stands
