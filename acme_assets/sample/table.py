"""A generated table of one day, and how it becomes the bytes of a file.

Belongs here: the shape that every feed's generator gives back, blocks of rows, dirt put into them.
Not here: what stands in the rows (`sales.py` and the other feeds), files and compression (`output.py`).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from acme_assets.sample.dirt import Spoil
from acme_assets.sample.text import Text, written

#: Rows made at a time, so that their numbers stay in the second-level cache: 262,144 take almost twice as long.
BLOCK = 16_384


@dataclass(frozen=True)
class SampleTable:
    """One table's delivery of one day.

    `block(first, last)` makes the rows first..last-1 as a matrix, one row a line with its line end, zero bytes left
    out when it is written. `dirty` are the rows to spoil, ascending, `spoils` the ways, in turn. `splits`: whether the
    table is large enough to be delivered in parts.
    """

    name: str
    header: bytes
    rows: int
    block: Callable[[int, int], Text]
    splits: bool
    spoils: Sequence[Spoil]
    dirty: Sequence[int]

    def text(self, first: int, last: int) -> Iterator[bytes]:
        """The rows first..last-1 as text, a block at a time."""
        for start in range(first, last, BLOCK):
            end = min(start + BLOCK, last)
            yield b"".join(self._spoilt(self.block(start, end), start, end))

    def _spoilt(self, block: Text, start: int, end: int) -> Iterator[bytes]:
        """The block's text, each dirty row in the place of its clean self."""
        done = start
        for turn in range(bisect_left(self.dirty, start), bisect_left(self.dirty, end)):
            row = self.dirty[turn]
            yield written(block[done - start : row - start])
            yield self._dirty_line(turn, block[row - start : row - start + 1])
            done = row + 1
        yield written(block[done - start :])

    def _dirty_line(self, turn: int, clean: Text) -> bytes:
        """After the ways of spoiling a line comes the last: the line before, once more."""
        way = turn % (len(self.spoils) + 1)
        if way == len(self.spoils):
            row = self.dirty[turn]
            return written(self.block(row - 1, row))
        return self.spoils[way](written(clean).rstrip(b"\n")) + b"\n"
