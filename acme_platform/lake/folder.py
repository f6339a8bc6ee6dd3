"""The lake in a folder.

Symbolic links inside it are neither listed nor followed: they are the way out of the folder that a check of the
key's text cannot see. `others` names them, for whoever put one there waits for its rows.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO
from uuid import uuid4

from acme_platform import full_disk
from acme_platform.errors import MendInput, TryAgain
from acme_platform.lake.object import LakeObject, checked, is_visible, shown

CHUNK = 1 << 20
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class FolderLake:
    """Files below `root`, which need not exist before the first `put`. Keys use `/` on every system."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()

    def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        folder = prefix.rpartition("/")[0]
        with _explained(self.uri(prefix)):
            yield from self._walk(f"{checked(folder)}/" if folder else "", prefix, after)

    def others(self, prefix: str) -> Iterator[tuple[LakeObject, str]]:
        """Links, pipes, sockets and devices: no bytes that a sender put here and that may be read."""
        with _explained(self.uri(prefix)):
            yield from self._others(prefix)

    def stat(self, key: str) -> LakeObject | None:
        with _explained(self.uri(key)):
            try:
                status = self._path(key).lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return _seen(key, status) if stat.S_ISREG(status.st_mode) else None

    def open(self, file: LakeObject) -> BinaryIO:
        with _explained(self.uri(file.key)):
            stream = self._path(file.key).open("rb", buffering=0)
            if _seen(file.key, os.fstat(stream.fileno())) != file:
                stream.close()
                raise TryAgain(f"{self.uri(file.key)} was replaced since it was found")
            return stream

    def unchanged(self, file: LakeObject) -> bool:
        return self.stat(file.key) == file

    def put(self, key: str, source: BinaryIO) -> LakeObject:
        with _explained(self.uri(key)):
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{uuid4().hex}.tmp")
            try:
                with draft.open("xb") as target:
                    copyfileobj(source, target, CHUNK)
                    target.flush()
                    os.fsync(target.fileno())
                    seen = _seen(key, os.fstat(target.fileno()))
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            _sync_folder(path.parent)
        return seen

    def uri(self, key: str) -> str:
        return str(self.root / key)

    def _walk(self, folder: str, prefix: str, after: str) -> Iterator[LakeObject]:
        """Objects below `folder` ("" or ending in "/") in the order of their keys, which is S3's order."""
        try:
            entries = _sorted_entries(self.root / folder, folder)
        except PermissionError as error:
            yield self._closed(folder, error)
            return
        for key, entry in entries:
            if not key.startswith(prefix) or not is_visible(key.rstrip("/")):
                continue
            if key.endswith("/"):
                if key > after or after.startswith(key):
                    yield from self._walk(key, prefix, after)
            elif key > after and (seen := _seen_entry(key, entry)) is not None:
                yield seen

    def _closed(self, folder: str, error: PermissionError) -> LakeObject:
        """Its "ETag" changes with its rights, so that it is told again when they are taken away again."""
        try:
            status = (self.root / folder).lstat()
        except PermissionError:
            status = self.root.lstat()
        place = shown(str(self.root / folder))
        said = f"{place} cannot be listed ({error.strerror}), so nothing in it is read; give this user the right to it"
        return LakeObject(folder, 0, f"{status.st_ctime_ns}", datetime.fromtimestamp(status.st_mtime, UTC), said)

    def _others(self, folder: str) -> Iterator[tuple[LakeObject, str]]:
        with suppress(PermissionError):  # `list` tells
            yield from self._others_in(folder)

    def _others_in(self, folder: str) -> Iterator[tuple[LakeObject, str]]:
        for key, entry in _entries(self.root / folder, folder):
            if not is_visible(key):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._others(f"{key}/")
            elif not entry.is_file(follow_symlinks=False) and (status := _status(entry)):
                kind = KINDS.get(stat.S_IFMT(status.st_mode), "no file")
                yield _seen(key, status), f"'{shown(key)}' is {kind}, which is not read; deliver the file itself"

    def _path(self, key: str) -> Path:
        path = self.root / checked(key)
        if path.parent.resolve() != path.parent or path.is_symlink():
            raise MendInput(
                f"{path} passes through a symbolic link, which a lake does not follow", "deliver the file itself"
            )
        return path


def _entries(folder: Path, key: str) -> list[tuple[str, os.DirEntry[str]]]:
    """What stands in the folder of that key, whatever it is; PermissionError where it cannot be looked at."""
    try:
        entries = [(key + _text(entry.name), entry) for entry in os.scandir(folder)]
        os.stat(f"{folder}/.")  # noqa: PTH116  # Path takes the dot away: names that can be listed and not looked at
        return entries  # noqa: TRY300  # both may find no right
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sorted_entries(folder: Path, key: str) -> list[tuple[str, os.DirEntry[str]]]:
    """Plain files and folders (their keys end in "/", which is what sorts them as S3 does)."""
    named = [(name, entry) for name, entry in _entries(folder, key) if not entry.is_symlink()]
    keyed = [(name + "/" if entry.is_dir() else name, entry) for name, entry in named]
    return sorted(keyed, key=lambda pair: pair[0])


def _seen_entry(key: str, entry: os.DirEntry[str]) -> LakeObject | None:
    """None for what is not a file, or went away between the listing and now."""
    status = _status(entry)
    return _seen(key, status) if status and stat.S_ISREG(status.st_mode) else None


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _seen(key: str, status: os.stat_result) -> LakeObject:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return LakeObject(key, status.st_size, f"{status.st_size}-{status.st_mtime_ns}", modified)


def _text(name: str) -> str:
    """A name that is not UTF-8 as text that can be stored and shown; its backslashes make it a key nobody can open."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise MendInput(
            f"no right to use {where}: {error.strerror}", f"give this user the right to {error.filename}"
        ) from error
    except FileNotFoundError as error:
        raise TryAgain(f"{where} is gone") from error
    except OSError as error:
        if error.errno in full_disk.CODES:
            raise MendInput(f"{where} could not be written: {error.strerror}", full_disk.NEXT) from error
        raise TryAgain(f"{where} could not be used: {error.strerror}", "acme doctor shows disk space") from error
