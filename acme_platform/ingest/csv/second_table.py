"""A second table inside a file: its header again, or another one, where a row should be.

Belongs here: telling a header from a row, and finding the lines that may be one without a look at each. Not here: the
header that a file begins with (`header.py`).

Files that were put one behind the other, exports that repeat their header on every page, two tables on one sheet: their
headers would load as rows, and so would the rows of the second table. Such a file is refused as a whole.

- *The header again*: more than half of its names, or all that the table declares, are fields of one record. They may
  come in any order, case and padding, quoted or not, behind a byte order mark, or glued to the last row of a file
  without line end.
- *Another header*: a record of nothing but names, where the first row of the file has numbers: one is enough behind a
  blank line or a ruler, and three without. With more or fewer columns than the file's, a row as wide as it must follow.

Two kinds cannot be told from rows here: another header without a blank line before it, in a table of words and two
numbers, or of padded ones; and any other one in a table of nothing but words. Rows of another width are broken lines.
Values that are not of their column's type are found by staging. Both count towards what a delivery may have
(`tolerance.py`).
"""

import csv
import re
from collections.abc import Sequence

import numpy as np

from acme_platform.ingest.csv.reject import readable
from acme_platform.ingest.csv.vectorized import NOWHERE, Bytes, Flags, Positions

#: what may stand around a name and is not seen, and quotes
PADDING = ' \t\r\n"\xa0\u3000\u2060\ufeff' + "".join(map(chr, range(0x2000, 0x2010)))
#: makes letters lower-case, and other bytes into others, for looking only
FOLD = bytes(byte | 0x20 for byte in range(256))
NAME = re.compile(r"[^\W\d][\w .()/%#-]{0,62}")
#: words that stand for values
VALUES = frozenset(["null", "none", "na", "nan", "nil", "true", "false", "yes", "no", "t", "f", "y", "n"])
#: a line of these alone separates
RULER = PADDING + ",;-=*#~_+|"
SHOWN = 100
SHORT = 2
#: so many numbers of a row do not become words by chance
FEW_NUMBERS = 3
#: no header is longer, and csv reads no longer field
LONGEST = 1 << 16


def _among(characters: bytes) -> Flags:
    held = np.zeros(256, np.bool_)
    held[list(characters)] = True
    return held


#: with these a line may begin that separates, and one that is a header: a letter, a quote, a blank, any but ASCII
SEPARATORS = {bytes([byte]) for byte in b"\r\n\t-=*#~_,"}
SEPARATES = _among(b"".join(SEPARATORS))
MAY_BE_NAME = _among(bytes(byte for byte in range(256) if byte > ord("~") or chr(byte).isalpha() or chr(byte) in '_" '))


class SecondTable:
    """Looks for another header in one file, given its own."""

    def __init__(self, header: bytes, declared: Sequence[str]) -> None:
        self._titles = frozenset(_split(header))
        self._declared = frozenset(name.strip().casefold() for name in declared)
        self._glued = ",".join(_split(header)) if len(self._titles) > 1 else ""
        rarest = max(declared, key=lambda name: ("_" in name, len(name))).strip().encode()
        self._rarest, self._is_underscored = rarest.translate(FOLD), b"_" in rarest
        self._first_row = b""
        #: of the first row
        self._numbers = 0
        #: line and width of what may be a header, if the next line is as wide; and how it reads
        self._suspect = (0, 0, "")

    def suspects(self, data: bytes, ends: Positions, before: bytes) -> Positions:
        """Indices of the good lines that have to be looked at; `before` is the line before them.

        Most tables begin with a number, and headers with a letter: then a look at the first bytes is all.
        """
        self._learn(data)
        block = np.frombuffer(data, np.uint8)
        first = np.concatenate((block[:1], block[ends[:-1] + 1]))
        may_be_name = MAY_BE_NAME[first]
        if not may_be_name.any():
            return NOWHERE
        if not MAY_BE_NAME[self._first_row[0]]:
            return np.flatnonzero(may_be_name)
        behind = may_be_name & np.concatenate(([_separates(before)], SEPARATES[first[:-1]]))
        return np.union1d(self._holding_a_name(data, block, ends), np.flatnonzero(behind))

    def _learn(self, data: bytes) -> None:
        """What the first row is like."""
        if not self._first_row:
            self._first_row, _, _ = data.lstrip(b"\r\n").partition(b"\n")
            self._numbers = sum(field.lstrip("+-")[:1].isdigit() for field in _split(self._first_row))

    def _holding_a_name(self, data: bytes, block: Bytes, ends: Positions) -> Positions:
        """Names have underscores and values seldom: looking for one takes an eighth of looking for a name."""
        if self._is_underscored and b"_" not in data:
            return NOWHERE
        folded = (block | 0x20).tobytes()
        lines, place = [], folded.find(self._rarest)
        while place >= 0:
            line = int(np.searchsorted(ends, place))
            lines.append(line)
            place = folded.find(self._rarest, int(ends[line]))
        return np.array(lines, np.intp)

    def said(self, record: bytes, line: int, before: bytes, *, is_good: bool) -> str:
        """What is wrong with a record that begins a second table; nothing if it does not.

        `line` is its first one, `before` the line before it.
        """
        if len(record) > LONGEST:
            return ""
        if self._rarest in record.translate(FOLD) and (repeated := self._repeats(record, line, is_good=is_good)):
            return f"line {repeated[0]:,} repeats the header: {_shown(repeated[1])}"
        was_line, was_width, was = self._suspect
        if line == was_line + 1 and len(_split(record)) == was_width:
            return f"line {was_line:,} begins a second table: {was}"
        if self._numbers < (1 if _separates(before) else FEW_NUMBERS) or not _is_header(fields := _split(record)):
            return ""
        if is_good:
            return f"line {line:,} begins a second table: {_shown(record)}"
        self._suspect = line, len(fields), _shown(record)
        return ""

    def _repeats(self, record: bytes, line: int, *, is_good: bool) -> tuple[int, bytes] | None:
        """The line that does, of a broken record any; a good one may quote it."""
        if is_good:
            fields = next(csv.reader([record.decode()], strict=True), [])
            return (line, record) if self._names(list(map(_trimmed, fields))) else None
        for number, text in enumerate(record.split(b"\n"), line):
            fields = _split(text)
            if self._names(fields) or (self._glued and ",".join(fields).endswith(self._glued)):
                return number, text
        return None

    def _names(self, fields: list[str]) -> bool:
        """A table of one column named by a letter or two may well hold them."""
        if len(self._rarest) <= SHORT and len(self._titles) == 1:
            return False
        titles = self._titles.intersection(fields)
        return 2 * len(titles) > len(self._titles) or 1 < len(self._declared) == len(
            self._declared.intersection(fields)
        )


def _separates(line: bytes) -> bool:
    return line[:1] in SEPARATORS and not line.decode(errors="replace").strip(RULER)


def _is_header(fields: Sequence[str]) -> bool:
    names = [field for field in fields if NAME.fullmatch(field) and field not in VALUES]
    return 1 < len(fields) == len(set(names))


def _split(line: bytes) -> list[str]:
    """Fields as a person sees them, whatever is wrong with their quotes."""
    return [_trimmed(field) for field in line.decode(errors="replace").split(",")]


def _trimmed(field: str) -> str:
    return field.strip(PADDING).casefold()


def _shown(record: bytes) -> str:
    text = readable(record)
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
