"""The content of a delivered file: decompressed by its ending, refused when the bytes are not what the ending says.

Belongs here: streaming, how much may come out of how little, the checksum of what was delivered. Not here: the formats
themselves (`packing.py`, `signature.py`), CSV (`screen.py`).

Everything streams, and memory stays constant whatever the file claims to hold.
"""

import hashlib
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import zstandard

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.packing import PACKINGS, START, Codec, Packing
from acme_platform.ingest.csv.signature import looks_like, mending
from acme_platform.lake.filename import ending

CHUNK = 1 << 18
#: A file may grow this many times when it is unpacked; the first megabytes are free, for small and regular files.
#: Deliveries of generated rows grow 4 to 12 times; a gzip bomb grows 1,030 times, a zstd bomb 30,000 times.
MOST_GROWTH, FREE_GROWTH = 100, 16 << 20


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

    def _refuse_foreign(self, start: bytes, *unpacked_by: str) -> None:
        if seen := looks_like(start):
            commands = (*unpacked_by, seen.unpack) if seen.unpack else ()
            raise self._refused(f"is named as CSV but looks like {seen.name}", commands)

    def _refused(self, what: str, commands: Sequence[str] = (), result: str = "mended.csv") -> RefusedFile:
        """The commands stand in the message, which the ledger keeps and everybody repeats."""
        mend = f"; to mend it: {mending(self.key, *commands, result=result)}" if commands else ""
        return RefusedFile(f"{self.key} {what}{mend}", "deliver the file again, complete and as UTF-8 CSV")


class Unpacked(Decompressed):
    """The content of the members of a packed file."""

    def __init__(self, raw: BinaryIO, key: str, packing: Packing) -> None:
        super().__init__(raw, key)
        self.packing = packing
        #: delivered and not decoded
        self._packed = memoryview(b"")
        #: decoded and not read
        self._plain = memoryview(b"")
        self._unpacked = 0
        self._codec: Codec | None = None

    def read(self, size: int, /) -> bytes:
        while not self._plain and (codec := self._codec or self._begin()):
            self._unpack(codec)
        data, self._plain = self._plain[:size], self._plain[size:]
        return bytes(data)

    def _begin(self) -> Codec | None:
        """The decoder of the next member; None at the end of the file."""
        first = not self.size
        start = self._ahead(START)
        if not self.packing.begins(start):
            if start and self.packing.is_cut(start):
                raise self._cut_short()
            self._refuse_start(start) if first else self._refuse_behind()
            return None
        if seen := self.packing.unreadable(start):
            raise self._refused(seen.why, seen.commands, f"mended{self.packing.ending}")
        return self.packing.codec()

    def _ahead(self, size: int) -> bytes:
        """The next delivered bytes, which stay in hand; fewer than asked for only at the end of the file."""
        while len(self._packed) < size and (more := self._delivered(CHUNK)):
            self._packed = memoryview(bytes(self._packed) + more)
        return bytes(self._packed[:size])

    def _refuse_start(self, start: bytes) -> None:
        """No member begins the file. One of no bytes has no content either."""
        if start:
            self._refuse_foreign(start)
            raise self._refused(f"is not {self.packing.name}, whatever its name says")

    def _refuse_behind(self) -> None:
        """Nothing may follow the last member but padding; what its tool would leave out is not passed over here."""
        name = self.packing.name
        while self._ahead(1):
            if rest := bytes(self._packed).lstrip(self.packing.padding):
                place = f"from byte {self.size - len(rest):,} on ({rest[:START]!r})"
                what = f"holds something behind the end of its {name} data, {place}, which {name} leaves out"
                raise self._refused(what, (self.packing.unpack,))
            self._packed = memoryview(b"")

    def _unpack(self, codec: Codec) -> None:
        """Decode one step; a member that ends leaves what follows it to the next decoder."""
        step = self._ahead(self.packing.step)
        if not step:
            raise self._cut_short()
        try:
            plain = codec.decompress(step)
        except (zlib.error, zstandard.ZstdError) as error:
            raise self._refused(f"is damaged: its {self.packing.name} data cannot be read ({error})") from error
        self._packed = self._packed[len(step) - len(codec.unused_data) :]
        self._codec = None if codec.eof else codec
        self._grow(plain)

    def _cut_short(self) -> RefusedFile:
        return self._refused(
            f"is cut short: its {self.packing.name} data ends after {self.size:,} bytes without its end"
        )

    def _grow(self, plain: bytes) -> None:
        if not self._unpacked:
            self._refuse_foreign(plain, self.packing.unpack)
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
