"""Screening on the workers: one delivered file, read, screened and written as a part where the data is.

Belongs here: the task that a worker runs, and what it says of it. Not here: the screen (`ingest/csv/screen.py`), the
ledger, which stays with the step (`delivering.py`).

A worker that is lost may go on writing while another one does its task again: so each attempt writes a file of its own,
and only the one that is told of counts.
"""

import secrets
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

import pyarrow.fs as pafs
import pyarrow.parquet as pq

from acme_platform.engine.parts.part_file import PartFile
from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.reject import Reject


@dataclass(frozen=True)
class Task:
    """A delivered file, and where its part goes."""

    #: of the file
    address: str
    part: PartFile
    tables_url: str
    #: below it, without the attempt and the ending
    path: str


@dataclass(frozen=True)
class Screened:
    """What became of it."""

    #: of the part, below the address of all tables
    path: str = ""
    rows: int = 0
    rejected: int = 0
    #: rows of the part
    kept: int = 0
    bytes: int = 0
    checksum: str = ""
    rejects: list[Reject] = field(default_factory=list)
    #: why the file is refused; what was rejected of it until then is told, too
    refusal: RefusedFile | None = None
    #: why the worker got at the file or at the place of the part not at all, or not to the end
    trouble: str = ""


def screened(task: Task) -> Screened:
    """Screen the file into its part."""
    rejects: list[Reject] = []
    try:
        return _screened(task, rejects)
    except RefusedFile as refusal:
        return Screened(rejects=rejects, refusal=refusal)
    except OSError as error:
        return Screened(trouble=str(error))


def _screened(task: Task, rejects: list[Reject]) -> Screened:
    path = f"{task.path}-{secrets.token_hex(6)}.parquet"
    system, root = pafs.FileSystem.from_uri(task.tables_url)
    system.create_dir(f"{root}/{path}".rpartition("/")[0], recursive=True)
    with _opened(task.address) as raw:
        stream = decompressed(raw, task.part.file)
        with system.open_output_stream(f"{root}/{path}") as output:
            screen = task.part.write(stream, output, rejects.append)
    with system.open_input_file(f"{root}/{path}") as file:
        kept, size = pq.read_metadata(file).num_rows, file.size()
    return Screened(path, screen.rows, screen.rejected, kept, size, stream.checksum, rejects)


def _opened(address: str) -> BinaryIO:
    """By the keys that the worker has: the platform's own never travel."""
    parts = urlsplit(address)
    local = parts.scheme in ("", "file")
    system, path = (
        (pafs.LocalFileSystem(), unquote(parts.path) if parts.scheme else address)
        if local
        else pafs.FileSystem.from_uri(address)
    )
    return cast("BinaryIO", system.open_input_stream(path, compression=None))
