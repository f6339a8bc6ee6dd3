"""Dirt: the ways in which a row of a real feed is wrong, one function a way.

Belongs here: clean line in, dirty line out (bytes without the line end), and which rows of a day are made dirty.
No dirt opens a quote that it does not close: a file that swallows its own rest is a broken file, not a dirty row.
"""

import math
from collections.abc import Callable

import numpy as np

from acme_assets.sample.draw import below, drawn
from acme_platform.errors import UsageError

Spoil = Callable[[bytes], bytes]

#: A dirty row needs a clean one before it, to be able to repeat it.
DIRTIEST = 0.5


def dirty_rows(rows: int, share: float, seed: int, day: int) -> list[int]:
    """Which of a day's rows are dirty: one somewhere in every 1/share rows, at least one if there are 100 rows."""
    if not 0 <= share <= DIRTIEST:
        raise UsageError(f"{share} is not a share of dirty rows", f"write one between 0 and {DIRTIEST}, such as 0.01")
    count = math.floor(rows * share) or int(share > 0 and rows >= 100)  # noqa: PLR2004 (the docstring says it)
    if count == 0:
        return []
    stretch = rows // count
    turns = np.arange(count, dtype=np.uint64)
    chosen = turns * np.uint64(stretch) + np.uint64(1) + below(drawn(turns, "dirty", seed, day), stretch - 1)
    return [int(row) for row in chosen]


def missing_field(line: bytes) -> bytes:
    return line[: line.rindex(b",")]


def extra_field(line: bytes) -> bytes:
    return line + b",1"


def stray_quotes(line: bytes) -> bytes:
    """A pair of quotes inside an unquoted field, as people write nicknames and inches."""
    return _with_field(line, 1, lambda field: field.strip()[:1] + b'"' + field.strip()[1:] + b'"')


def broken_utf8(line: bytes) -> bytes:
    """An e-acute as Latin-1 writes it: one byte, which is no UTF-8."""
    return line.rstrip() + b"\xe9"


def text_id(line: bytes) -> bytes:
    return _with_field(line, 0, lambda field: b"ID" + field.strip())


def negative_id(line: bytes) -> bytes:
    return _with_field(line, 0, lambda field: b"-" + field.strip())


def impossible_date(line: bytes) -> bytes:
    """The thirty-first of February of the row's own year."""
    return _with_field(line, 2, lambda field: field[:4] + b"-02-31")


def currency_sign(line: bytes) -> bytes:
    return _with_field(line, -1, lambda field: b"$" + field.strip())


def thousands_comma(line: bytes) -> bytes:
    """`1,234.56` without quotes: the amount becomes two fields."""
    return _with_field(line, -1, lambda field: field.strip()[:-6] + b"," + field[-6:])


def exponent(line: bytes) -> bytes:
    return _with_field(line, -1, lambda field: b"%.4e" % float(field))


def not_a_number(line: bytes) -> bytes:
    return _with_field(line, -1, lambda _: b"NaN")


def empty_amount(line: bytes) -> bytes:
    return _with_field(line, -1, lambda _: b"")


def three_decimals(line: bytes) -> bytes:
    return line + b"5"


def empty(position: int) -> Spoil:
    return lambda line: _with_field(line, position, lambda _: b"")


def zone(position: int, name: bytes) -> Spoil:
    """Another zone, such as one that does not exist."""
    return lambda line: _with_field(line, position, lambda field: field[:19] + b" " + name)


def year(position: int, digits: bytes) -> Spoil:
    return lambda line: _with_field(line, position, lambda field: digits + field[4:])


def swapped(first: int, second: int) -> Spoil:
    """Two fields in each other's place: what ends before it starts."""

    def spoil(line: bytes) -> bytes:
        fields = line.split(b",")
        fields[first], fields[second] = fields[second], fields[first]
        return b",".join(fields)

    return spoil


ANY_ROW: tuple[Spoil, ...] = (missing_field, extra_field, stray_quotes, broken_utf8)
ANY_ID: tuple[Spoil, ...] = (text_id, negative_id)
ANY_AMOUNT: tuple[Spoil, ...] = (
    currency_sign,
    thousands_comma,
    exponent,
    not_a_number,
    empty_amount,
    three_decimals,
)


def _with_field(line: bytes, position: int, spoil: Spoil) -> bytes:
    fields = line.split(b",")
    fields[position] = spoil(fields[position])
    return b",".join(fields)
