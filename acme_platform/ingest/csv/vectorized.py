"""Which lines of a block of CSV are beyond doubt, decided for all of them at once.

Belongs here: the vectorised test. Not here: judging a doubtful line (`record.py`).

The test looks at each physical line as if it began a record. A line passes only if it is a whole good record by the
grammar of `record.py`; so it may doubt a good line (which then costs microseconds), and must never pass a bad one.
Quotes are legal by their neighbours alone. Within a line they open and close in turn. An opening one follows a comma,
a line start or a quote (a doubled one). A closing one precedes a comma, a line end or a quote.
"""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

QUOTE, COMMA, LF, CR = b'",\n\r'
Positions: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]
Bytes: TypeAlias = NDArray[np.uint8]

NOWHERE: Positions = np.empty(0, np.intp)
#: judging a line by itself costs about 3 microseconds, following the quotes of a block of 256 KiB 150 to 550 more
FEW_QUOTES = 64
BESIDE_A_QUOTE = np.zeros(256, np.bool_)
BESIDE_A_QUOTE[[QUOTE, COMMA, LF, CR]] = True


def doubtful_lines(data: bytes, width: int, longest: int) -> tuple[Positions, Positions, Flags]:
    """Where the lines of `data` end (their LF), the indices of those that are not certainly a good record or blank,
    and which are blank, if they stand between records.

    `data` holds whole lines only. A good record has `width` fields and at most `longest` bytes.
    """
    block = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(block == QUOTE) if b'"' in data else NOWHERE
    if len(quotes) <= FEW_QUOTES:
        ends, doubt = _without_quotes(block, width)
        _doubt(doubt, ends, quotes)
    else:
        ends, doubt = _with_quotes(block, width)
    blank = _blank_lines(block, ends)
    doubt &= ~blank
    if np.count_nonzero(block == CR) != np.count_nonzero(block[ends - 1] == CR):
        _doubt(doubt, ends, _lone_carriage_returns(block))
    if not data.isascii():
        _doubt(doubt, ends, np.fromiter(_not_utf8(data), np.intp))
    if len(data) > longest:
        doubt |= np.diff(ends, prepend=-1) > longest
    return ends, np.flatnonzero(doubt), blank


def _without_quotes(block: Bytes, width: int) -> tuple[Positions, Flags]:
    marks = np.flatnonzero((block == COMMA) | (block == LF))
    line_ends = np.flatnonzero(block[marks] == LF)
    return marks[line_ends], np.diff(line_ends, prepend=-1) != width


def _with_quotes(block: Bytes, width: int) -> tuple[Positions, Flags]:
    marks = np.flatnonzero((block == COMMA) | (block == LF) | (block == QUOTE))
    kinds = block[marks]
    line_ends = np.flatnonzero(kinds == LF)
    ends = marks[line_ends]
    is_quote = kinds == QUOTE
    inside = _inside_quotes(is_quote, line_ends)
    fields = np.cumsum(~(is_quote | inside))[line_ends]
    doubt = (np.diff(fields, prepend=0) != width) | inside[line_ends]
    _doubt(doubt, ends, _illegal_quotes(block, marks[is_quote], inside[is_quote]))
    return ends, doubt


def _inside_quotes(is_quote: Flags, line_ends: Positions) -> Flags:
    """For every mark: is what follows it inside quotes, counting from the start of its line?"""
    inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).view(np.bool_)
    at_ends = inside[line_ends]
    if at_ends.any():
        at_starts = np.concatenate(([False], at_ends[:-1]))
        inside ^= np.repeat(at_starts, np.diff(line_ends, prepend=-1))
    return inside


def _illegal_quotes(block: Bytes, quotes: Positions, opening: Flags) -> Positions:
    # The first byte's left neighbour is block[-1]: a line end, as it should be.
    neighbours = block[np.where(opening, quotes - 1, quotes + 1)]
    illegal: Positions = quotes[~BESIDE_A_QUOTE[neighbours]]
    return illegal


def _blank_lines(block: Bytes, ends: Positions) -> Flags:
    starts = np.concatenate(([0], ends[:-1] + 1))
    first = block[starts]
    blank: Flags = (first == LF) | ((first == CR) & (ends == starts + 1))
    return blank


def empty_lines(data: bytes, ends: Positions, width: int) -> int:
    """How many lines are so short that a record of so many fields can be nothing but separators."""
    if width == 1:
        return 0  # these are blank
    block = np.frombuffer(data, np.uint8)
    short = np.flatnonzero(np.diff(ends, prepend=-1) <= width + 1)
    lengths = ends[short] - np.concatenate(([-1], ends))[short] - 1
    return int(np.count_nonzero(lengths - (block[ends[short] - 1] == CR) == width - 1))


def leading_blank_lines(data: bytes) -> bytes:
    """The blank lines with which `data` begins, if they are all of one kind."""
    if data[:1] == b"\n":
        return data[: len(data) - len(data.lstrip(b"\n"))]
    lines = data[: len(data) - len(data.lstrip(b"\r\n"))]
    return lines if lines == b"\r\n" * (len(lines) // 2) else b""


def without_blank_lines(data: bytes) -> bytes:
    """Lines that end in LF, the blank ones left out: a LF at the start or behind another one is a blank line."""
    block = np.frombuffer(data, np.uint8)
    is_end = block == LF
    kept: Bytes = block[~(is_end & np.concatenate(([True], is_end[:-1])))]
    return kept.tobytes()


def _lone_carriage_returns(block: Bytes) -> Positions:
    positions = np.flatnonzero(block == CR)
    lone: Positions = positions[block[positions + 1] != LF]
    return lone


def _not_utf8(data: bytes) -> Iterator[int]:
    """Where bytes are that are not UTF-8, at least one in every line that has any."""
    rest, start = memoryview(data), 0
    while start < len(data):
        try:
            str(rest[start:], "utf-8")
        except UnicodeDecodeError as error:
            yield start + error.start
            start = data.index(b"\n", start + error.start) + 1
        else:
            return


def _doubt(doubt: Flags, ends: Positions, places: Positions) -> None:
    """Doubt the lines in which the places are."""
    doubt[np.searchsorted(ends, places)] = True
