"""A generated file on disk: complete under its name, or not there.

Belongs here: compression and the temporary name. The bytes depend on the text alone: no time, no name in a gzip header.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

import zstandard

Compression = Literal["none", "gzip", "zstd"]

EXTENSIONS: dict[Compression, str] = {"none": ".csv", "gzip": ".csv.gz", "zstd": ".csv.zst"}

#: Level 6 makes the files a fifth smaller and takes four times as long.
GZIP_LEVEL = 1


@contextmanager
def sample_file(path: Path, compress: Compression) -> Iterator[IO[bytes]]:
    """A stream for the text of `path`, which appears when the block ends and stays as it was when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as raw, _compressed(raw, compress) as text:
            yield text
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _compressed(raw: IO[bytes], compress: Compression) -> IO[bytes]:
    match compress:
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0))
        case "zstd":
            return cast("IO[bytes]", zstandard.ZstdCompressor().stream_writer(raw, closefd=False))
        case "none":
            return raw
