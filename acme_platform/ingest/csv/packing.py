"""Packings: gzip and zstd, as far as their own tools read them by themselves.

Belongs here: how a member begins, what may stand behind the last one, its decoder, and what is known to be unreadable
with the commands that make it readable. Not here: streaming, and how much may come out (`compression.py`).

A file is any number of members, a gzip member or a zstd frame each, one behind the other as `cat` puts them. What the
tool reads without a word is read; what it complains about is refused.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import zstandard

#: enough of a member to know what its decoder needs
START = 18
#: windows up to this size are what `zstd -d` takes unasked, and what `--long=31` can make it take
WINDOW, LONGEST_WINDOW = 128 << 20, 2 << 30
#: zstd before its format was settled; its decoders are no longer part of the library
LEGACY = {b"\xfd\x2f\xb5\x1e": "0.1", **{bytes([0x20 + n]) + b"\xb5\x2f\xfd": f"0.{n}" for n in range(2, 8)}}
#: the oldest of them that the tool of today still reads
STILL_READ = "0.5"
#: frames that hold data for others than the decoder; pzstd puts one before each frame
SKIPPABLE = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))


class Codec(Protocol):
    """What zlib and zstandard have in common: a decoder of one member."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True)
class Unreadable:
    """Why a member cannot be read here, and the commands that together make it readable; maybe none."""

    why: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packing:
    """`step` delivered bytes at a time go into a decoder, which bounds what comes out at once."""

    name: str
    #: the tool's ending, and how it unpacks what it reads from standard input
    ending: str
    unpack: str
    #: how a member may begin
    starts: tuple[bytes, ...]
    #: what may stand behind the last member, as often as it likes
    padding: bytes
    codec: Callable[[], Codec]
    step: int
    unreadable: Callable[[bytes], Unreadable | None]

    def begins(self, start: bytes) -> bool:
        return start.startswith(self.starts)

    def is_cut(self, start: bytes) -> bool:
        """Whether all that is left of a file could be the first bytes of a member."""
        return any(known_start.startswith(start) for known_start in self.starts)


def _zstd_unreadable(start: bytes) -> Unreadable | None:
    if version := LEGACY.get(start[:4]):
        known = ("zstd -dc", "zstd") if version >= STILL_READ else ()
        return Unreadable(f"was packed by zstd {version}, before its format was settled", known)
    if start.startswith(SKIPPABLE):
        return None
    try:
        frame = zstandard.get_frame_parameters(start)
    except zstandard.ZstdError:
        return None  # the decoder will say what is wrong
    if frame.dict_id:
        return Unreadable(
            f"was packed with the zstd dictionary {frame.dict_id}, which it does not hold",
            ("zstd -dc -D DICTIONARY", "zstd"),
        )
    if frame.window_size > WINDOW:
        return _too_far(frame.window_size)
    return None


def _too_far(window: int) -> Unreadable:
    needs, most = f"needs a zstd window of {window:,} bytes", f"of which {WINDOW:,} are read"
    return Unreadable(f"{needs}, {most}", ("zstd -dc --long=31", "zstd") if window <= LONGEST_WINDOW else ())


GZIP = Packing(
    "gzip",
    ending=".csv.gz",
    unpack="gzip -dc",
    starts=(b"\x1f\x8b",),
    padding=b"\0",
    codec=lambda: zlib.decompressobj(wbits=31),
    step=1 << 12,
    unreadable=lambda _: None,
)
ZSTD = Packing(
    "zstd",
    ending=".csv.zst",
    unpack="zstd -dc",
    starts=(b"\x28\xb5\x2f\xfd", *SKIPPABLE, *LEGACY),
    padding=b"",
    codec=lambda: zstandard.ZstdDecompressor().decompressobj(),
    # 4 bytes of zstd hold up to 128 KiB, and its decoder gives all it has: 512 bytes are 16 MiB at the worst
    step=512,
    unreadable=_zstd_unreadable,
)
PACKINGS = {packing.ending: packing for packing in (GZIP, ZSTD)}
