"""The content of a delivered file: decompressed by its ending, refused when the bytes are not what the ending says.

Belongs here: gzip, zstd, what foreign formats look like, the checksum of what was delivered.
Not here: CSV (`screen.py`).

Everything streams, and memory stays constant whatever the file claims to hold.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import zstandard

from acme_assets.errors import RefusedFile
from acme_assets.filename import ending

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: how foreign formats begin, what they are called
SIGNATURES = (
    (GZIP, "a gzip file"),
    (ZSTD, "a zstd file"),
    (b"PK\x03\x04", "a zip archive (an Excel workbook is one too)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PAR1", "Parquet"),
    (b"%PDF", "PDF"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"Obj\x01", "Avro"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "XML or HTML"),
)
CHUNK = 1 << 18
#: A file may grow this many times when it is unpacked; the first megabytes are free, for small and regular files.
#: Deliveries of generated rows grow 4 to 12 times; a gzip bomb grows 1,030 times, a zstd bomb 30,000 times.
MOST_GROWTH, FREE_GROWTH = 100, 16 << 20


class Codec(Protocol):
    """What zlib and zstandard have in common: a decoder of one gzip member or zstd frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: memoryview, /) -> bytes: ...


@dataclass(frozen=True)
class Packing:
    """A way of packing: `step` delivered bytes at a time go into a decoder, which bounds what comes out at once."""

    name: str
    signature: bytes
    codec: Callable[[], Codec]
    step: int


PACKINGS = {
    ".csv.gz": Packing("gzip", GZIP, lambda: zlib.decompressobj(wbits=31), step=1 << 12),
    # 4 bytes of zstd hold up to 128 KiB, and its decoder gives all it has: 512 bytes are 16 MiB at the worst
    ".csv.zst": Packing("zstd", ZSTD, lambda: zstandard.ZstdDecompressor().decompressobj(), step=512),
}


class Decompressed:
    """A readable of the file's content. `size` and `checksum` are of the bytes as delivered, final at the end."""

    def __init__(self, raw: BinaryIO, key: str) -> None:
        self.key = key
        self.size = 0
        self._raw = raw
        self._sha256 = hashlib.sha256()

    @property
    def checksum(self) -> str:
        """SHA-256 in hexadecimal."""
        return self._sha256.hexdigest()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""
        first = not self.size
        data = self._delivered(size)
        if first:
            self._refuse_foreign(data)
        return data

    def _delivered(self, size: int) -> bytes:
        data = self._raw.read(size)
        self._sha256.update(data)
        self.size += len(data)
        return data

    def _refuse_foreign(self, start: bytes) -> None:
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        for signature, name in SIGNATURES:
            if text.startswith(signature):
                raise self._refused(f"is named as CSV but looks like {name}")

    def _refused(self, what: str) -> RefusedFile:
        return RefusedFile(f"{self.key} {what}", "deliver the file again, complete and as UTF-8 CSV")


class Unpacked(Decompressed):
    """The content of one or more gzip members or zstd frames, one after the other as `cat` puts them."""

    def __init__(self, raw: BinaryIO, key: str, packing: Packing) -> None:
        super().__init__(raw, key)
        self.packing = packing
        self._packed = memoryview(b"")
        self._plain = memoryview(b"")
        self._unpacked = 0
        self._codec: Codec | None = None

    def read(self, size: int, /) -> bytes:
        while not self._plain and self._fetch():
            self._unpack()
        data, self._plain = self._plain[:size], self._plain[size:]
        return bytes(data)

    def _fetch(self) -> bool:
        """Have delivered bytes in hand; False at the end, which must be the end of a member too."""
        if self._packed:
            return True
        first = not self.size
        self._packed = memoryview(self._delivered(CHUNK))
        if first and self._packed and bytes(self._packed[:4])[: len(self.packing.signature)] != self.packing.signature:
            self._refuse_foreign(bytes(self._packed))
            raise self._refused(f"is not {self.packing.name}, whatever its name says")
        if not self._packed and self._codec:
            raise self._refused(
                f"is cut short: its {self.packing.name} data ends after {self.size:,} bytes without its end"
            )
        return bool(self._packed)

    def _unpack(self) -> None:
        """Decode one step; a member that ends leaves what follows it to the next decoder."""
        codec = self._codec or self.packing.codec()
        step = self._packed[: self.packing.step]
        try:
            plain = codec.decompress(step)
        except (zlib.error, zstandard.ZstdError) as error:
            raise self._refused(f"is damaged: its {self.packing.name} data cannot be read ({error})") from error
        self._packed = self._packed[len(step) - len(codec.unused_data) :]
        self._codec = None if codec.eof else codec
        self._grow(plain)

    def _grow(self, plain: bytes) -> None:
        if not self._unpacked:
            self._refuse_foreign(plain)
        self._unpacked += len(plain)
        if self._unpacked > FREE_GROWTH + MOST_GROWTH * (self.size - len(self._packed)):
            raise self._refused(
                f"is a decompression bomb: more than {MOST_GROWTH} times its size unpacked ({self._unpacked:,} bytes)"
            )
        self._plain = memoryview(plain)


def decompressed(raw: BinaryIO, key: str) -> Decompressed:
    """The content of the file behind `raw`; RefusedFile while reading says what it looks like instead of CSV."""
    packing = PACKINGS.get(ending(key))
    return Unpacked(raw, key, packing) if packing else Decompressed(raw, key)
