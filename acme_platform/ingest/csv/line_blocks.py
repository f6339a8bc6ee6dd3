"""The physical lines of a file, in blocks of whole lines.

Belongs here: reading, the byte order mark, the last line without end, lines too long to hold, kinds of line ends, what
no text file holds. Not here: what a line says (`header.py`, `record.py`).
"""

import re
from typing import Protocol

import numpy as np

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.line_endings import OddEnd, of_first_line

LF = 10
BOM = b"\xef\xbb\xbf"
FIRST_LINE_END = re.compile(rb"\r\n|\r(?=.)|\n", re.DOTALL)
#: exchanges CR and LF
MIRROR = bytes.maketrans(b"\r\n", b"\n\r")


class Readable(Protocol):
    """A stream of bytes: a file, a body, `decompress.Decompressed`."""

    def read(self, size: int, /) -> bytes: ...


class Lines:
    """Whole lines in hand (`data`, each with its LF) and where they stand in the file.

    A file whose first line ends in CR alone is read in a mirror: CR and LF are exchanged, so that everything behind
    this class knows one kind of line. `mirrored` says so; `outside` turns bytes back into what the file holds.

    A line longer than `longest` is cut to one byte more than that: nobody will load it, and memory stays constant.
    """

    def __init__(self, source: Readable, file: str, *, block: int, longest: int) -> None:
        self.data = b""
        #: nothing follows `data`
        self.ended = False
        #: place of the first byte of `data` in the file
        self.offset = 0
        #: lines read from the file so far, counted apart from everything that is done with them
        self.read = 0
        self.mirrored = False
        #: what the first line ends in, if it is none of the kinds that are read
        self.odd_end: OddEnd | None = None
        self._source = source
        self._file = file
        self._block = block
        self._longest = longest
        self._rest = b""
        self._cutting = False
        self._begin()

    def load(self) -> bool:
        """Have more whole lines in hand than before, if the file has more; False when none are in hand.

        A cut line is the last in hand until it is dropped: offsets behind it depend on what is skipped.
        """
        known = len(self.data)
        while not self.ended and len(self.data) == known and not (self._cutting and self.data):
            self._take(self._source.read(self._block))
        return bool(self.data)

    def drop(self, size: int) -> None:
        """The first `size` bytes of `data` are done with."""
        self.data = self.data[size:]
        self.offset += size

    def outside(self, data: bytes) -> bytes:
        """Bytes of `data` as the file holds them."""
        return data.translate(MIRROR) if self.mirrored else data

    def _begin(self) -> None:
        start = more = self._source.read(self._block)
        # a CR may be the first of several bytes that end the line
        while (
            (not (line_end := FIRST_LINE_END.search(start)) or start.endswith(b"\r"))
            and more
            and len(start) <= self._longest
        ):
            more = self._source.read(self._block)
            start += more
        self.mirrored = line_end is not None and line_end[0] == b"\r"
        self.odd_end = of_first_line(start, line_end.start()) if line_end else None
        self.offset = len(BOM) if start.startswith(BOM) else 0
        self._take(start[self.offset :])

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            self._end()
            return
        self._rest += self._text(chunk)
        if self._cutting:
            self._skip()
        end = self._rest.rfind(b"\n") + 1
        self.data += self._rest[:end]
        self._rest = self._rest[end:]
        if len(self._rest) > self._longest and not self._cutting:
            self._cut()

    def _text(self, chunk: bytes) -> bytes:
        text = self.outside(chunk)
        if b"\0" in text:
            line = self.read + text.count(b"\n", 0, text.index(b"\0")) + 1
            raise RefusedFile(
                f"{self._file}: line {line:,} holds a NUL byte, so this is no UTF-8 text (UTF-16, or a binary file?)",
                "export it as UTF-8 CSV and deliver it again",
            )
        # six times as fast as bytes.count, which alone would cost a quarter of the screen
        self.read += int(np.count_nonzero(np.frombuffer(text, np.uint8) == LF))
        return text

    def _cut(self) -> None:
        """Put what is there of an endless line in hand; the rest of it is skipped as it comes."""
        self.data += self._rest[: self._longest + 1] + b"\n"
        self._rest = self._rest[self._longest + 1 :]
        self._cutting = True

    def _skip(self) -> None:
        """Skip to the end of a cut line, which is no longer in hand: its LF was handed out with its beginning."""
        end = self._rest.find(b"\n")
        self._cutting = end < 0
        self.offset += len(self._rest) if self._cutting else end
        self._rest = b"" if self._cutting else self._rest[end + 1 :]

    def _end(self) -> None:
        self.ended = True
        if self._rest or self._cutting:
            self.read += 1
        if self._rest and not self._cutting:
            self.data += self._rest + b"\n"
        self._rest = b""
