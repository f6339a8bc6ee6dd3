"""Signatures: how files of other formats begin, and the command that makes CSV of one.

Belongs here: what is known of formats that nobody reads here. Not here: those that are read (`packing.py`), endings of
names (`filename.py`).
"""

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Signature:
    """`start` is how a file of the format begins."""

    start: bytes
    name: str
    #: reads it from standard input and writes what is in it; empty where that cannot be CSV
    unpack: str = ""


FOREIGN = (
    Signature(b"\x1f\x8b", "a gzip file", "gzip -dc"),
    Signature(b"\x28\xb5\x2f\xfd", "a zstd file", "zstd -dc"),
    Signature(b"BZh", "a bzip2 file", "bzip2 -dc"),
    Signature(b"\xfd7zXZ\x00", "an xz file", "xz -dc"),
    Signature(b"\x04\x22\x4d\x18", "an lz4 file", "lz4 -dc"),
    Signature(b"\x1f\x9d", "a file of compress (.Z)", "gzip -dc"),
    Signature(b"PK\x03\x04", "a zip archive (an Excel workbook is one too)"),
    Signature(b"PK\x05\x06", "an empty zip archive"),
    Signature(b"PAR1", "Parquet"),
    Signature(b"%PDF", "PDF"),
    Signature(b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    Signature(b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    Signature(b"Obj\x01", "Avro"),
    Signature(b"SQLite format 3\x00", "an SQLite database"),
    Signature(b"\xff\xfe", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    Signature(b"\xfe\xff", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    Signature(b"{", "JSON"),
    Signature(b"[", "JSON"),
    Signature(b"<", "XML or HTML"),
)


def looks_like(start: bytes) -> Signature | None:
    """The foreign format that begins so, or None."""
    text = start.removeprefix(BOM).lstrip()
    return next((signature for signature in FOREIGN if text.startswith(signature.start)), None)


def mending(key: str, *commands: str, result: str = "mended.csv") -> str:
    """The line that sends the delivered file through the commands; none of them asks how the file is called."""
    first, *others = commands
    return " | ".join([f"{first} < {shlex.quote(PurePosixPath(key).name)}", *others]) + f" > {result}"
