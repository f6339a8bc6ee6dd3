"""The screen between a delivered file and COPY: what goes through is whole, what is broken is set aside line by line.

Belongs here: the stream, its accounting and how much breakage is too much. Not here: the grammar (`record.py`), the
test that recognises good lines by the block (`vectorized.py`), reading lines (`line_blocks.py`), the header
(`header.py`).

COPY alone refuses a whole file for one broken row, and loads merged rows where a quote is astray. So:

    block of whole lines ──► doubtful_lines: which lines are not certainly good
                         ──► runs of good lines pass as they are, without a look at each; blank lines are dropped
                         ──► each doubtful line is judged by the grammar: a good record passes, the lines of a broken
                             record are rejected and each leaves a marker row

Marker rows keep places: the n-th row of the output is the n-th row of the file. Every line of the file is counted
twice, as it is read and as it is dealt with, and the two counts must agree.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np

from acme_platform.errors import OurBug, RefusedFile, TooManyRejects
from acme_platform.ingest.csv.grammar import OTHER_LINE_END, Grammar
from acme_platform.ingest.csv.header import EmptyFile, Header, read_header
from acme_platform.ingest.csv.line_blocks import Lines, Readable
from acme_platform.ingest.csv.line_endings import OddEnd, of_record
from acme_platform.ingest.csv.reject import FEW_BYTES, MOST_BYTES, Reject, readable
from acme_platform.ingest.csv.second_table import SecondTable
from acme_platform.ingest.csv.vectorized import (
    Flags,
    doubtful_lines,
    empty_lines,
    leading_blank_lines,
    without_blank_lines,
)
from acme_platform.model.tolerance import Tolerance, is_bomb, too_many

__all__ = ["EmptyFile", "Header", "Reject", "Screen"]

#: a file is refused when it has more lines a row than this that are blank or nothing but separators, behind the first
#: megabytes of them: as with what is packed (`compression.py`), little is sent and much is to be read
MOST_BLANK, FREE_BLANK = 100, 16 << 20
#: nobody sends so many of them to say that a day has no rows
MOST_BLANK_ALONE = 1_000
#: rejects that are kept at length
KEPT_LONG = 10_000


class Screen:
    """A readable for `copy_expert`: CSV without header, LF line ends, in the file's order of columns.

    A file with line ends of CR alone comes out with them too (COPY takes either, as long as they are all the same).
    The header is read at once; the counts are final when `read` has returned b"". `reject` is called line by line
    in the order of the file, and keeps what it was told when RefusedFile ends the reading.
    """

    block: ClassVar[int] = 1 << 18
    #: bytes of the longest record
    longest: ClassVar[int] = 1 << 20

    def __init__(
        self,
        source: Readable,
        *,
        file: str,
        columns: Sequence[str],
        marker: bytes,
        reject: Callable[[Reject], None],
        tolerance: Tolerance,
    ) -> None:
        #: rows of the file, the broken ones included
        self.rows = 0
        self.rejected = 0
        self.blank = 0
        #: rows of nothing but separators
        self.empty = 0
        #: physical lines dealt with, the header's included
        self.lines = 0
        self._file = file
        self._reject = reject
        self._tolerance = tolerance
        self._lines = Lines(source, file, block=self.block, longest=self.longest)
        self.header = self._read_header(columns)
        self._grammar = Grammar(self.header.width, self.longest)
        #: the line before those in hand
        self._before = b""
        self._marker = marker + b"," * (self.header.width - 1) + b"\n"
        self._first_fault = ""
        self._odd_end: OddEnd | None = None
        self._screened = self._screen_all()
        self._ready = b""
        self._given = 0

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, as COPY wants them; none only at the end. RefusedFile when too much is broken."""
        while self._given == len(self._ready):
            more = next(self._screened, None)
            if more is None:
                return b""
            self._ready, self._given = more, 0
        end = len(self._ready) if size < 0 else min(self._given + size, len(self._ready))
        start, self._given = self._given, end
        return self._ready[start:end]

    def _read_header(self, columns: Sequence[str]) -> Header:
        if not self._lines.load():
            raise EmptyFile(f"{self._file} is empty", "deliver it again; a day without rows is a file of only a header")
        end = self._lines.data.index(b"\n") + 1
        line = self._lines.outside(self._lines.data[:end])
        header = read_header(line, self._file, columns)
        self._second_table = SecondTable(line, columns)
        self._lines.drop(end)
        self.lines = 1
        return header

    def _screen_all(self) -> Iterator[bytes]:
        while self._lines.load():
            self._drop_blank(leading_blank_lines(self._lines.data))
            pieces, done = self._screen_block(self._lines.data)
            self._before = _last_line(self._lines.data, done) or self._before
            self._lines.drop(done)
            self._refuse_blank()
            yield self._lines.outside(b"".join(pieces))
        self._settle()

    def _screen_block(self, data: bytes) -> tuple[list[bytes], int]:
        """What comes of the lines in hand, and how many bytes of them are done with."""
        if not data:
            return [], 0
        ends, doubtful, blank = doubtful_lines(data, self.header.width, self.longest)
        self.empty += empty_lines(data, ends, self.header.width)
        suspects = self._second_table.suspects(data, ends, self._before)
        pieces, place, line = [], 0, 0
        for doubt in (np.union1d(doubtful, suspects) if len(suspects) else doubtful).tolist():
            if doubt < line:
                continue  # inside a record that began earlier
            start = int(ends[doubt - 1]) + 1 if doubt else 0
            pieces.append(self._pass(data[place:start], blank[line:doubt]))
            record = self._grammar.read(data, start, final=self._lines.ended)
            if record is None:
                return pieces, start
            place, line = record.end, doubt + data.count(b"\n", start, record.end)
            before = _last_line(data, start) or self._before
            pieces.append(self._judge(data[start:place], self._lines.offset + start, record.fault, before))
        pieces.append(self._pass(data[place:], blank[line:]))
        return pieces, len(data)

    def _pass(self, run: bytes, is_blank: Flags) -> bytes:
        """Good records of one line each, and blank lines, which are left out.

        Every CR stands before a LF (and is removed nine times faster without it).
        """
        blank = int(np.count_nonzero(is_blank))
        self.blank += blank
        self.rows += len(is_blank) - blank
        self.lines += len(is_blank)
        good = run.replace(b"\r", b"")
        return without_blank_lines(good) if blank else good

    def _judge(self, record: bytes, offset: int, fault: str, before: bytes) -> bytes:
        if said := self._second_table.said(record, self.lines + 1, before, is_good=not fault):
            raise RefusedFile(f"{self._file}: {said}", "put each table into a file of its own and deliver it again")
        if fault:
            return self._set_aside(record, offset, fault)
        self.rows += 1
        self.lines += record.count(b"\n")
        return record.removesuffix(b"\r\n") + b"\n" if record.endswith(b"\r\n") else record

    def _set_aside(self, record: bytes, offset: int, fault: str) -> bytes:
        """Reject each line of a broken record; returns their marker rows."""
        lines = record.split(b"\n")[:-1]
        first = self.lines + 1
        if not self._first_fault:
            self._first_fault = f"line {first:,}: {fault}"
            if OTHER_LINE_END in fault:
                self._odd_end = self._lines.odd_end or of_record(self._lines.outside(record))
        for line in lines:
            self.rows += 1
            self.rejected += 1
            self.lines += 1
            reason = fault if self.lines == first else f"in the broken record that begins in line {first}: {fault}"
            text = readable(self._lines.outside(line), MOST_BYTES if self.rejected <= KEPT_LONG else FEW_BYTES)
            self._reject(Reject(self.rows, self.lines, offset, reason, text))
            self._refuse_too_many()
            offset += len(line) + 1
        return self._marker * len(lines)

    def _refuse_too_many(self) -> None:
        """As soon as no good row behind it could help; the share is known at the end."""
        if self.rejected > self._tolerance.rows:
            raise self._refused(TooManyRejects, f"{self.rejected:,} of its first {self.rows:,} rows are broken")
        if is_bomb(self.rejected, self.rows):
            what = f"{self.rejected:,} of its first {self.rows:,} rows are broken, more than anybody may accept"
            raise self._refused(RefusedFile, what)

    def _drop_blank(self, lines: bytes) -> None:
        """Blank lines by the block: a file of nothing else would take ten times as long as one of rows."""
        self.blank += (count := lines.count(b"\n"))
        self.lines += count
        self._before = _last_line(lines, len(lines)) or self._before
        self._lines.drop(len(lines))

    def _refuse_blank(self) -> None:
        filler, rows = self.blank + self.empty, max(self.rows - self.empty, 0)
        if filler > FREE_BLANK + MOST_BLANK * rows:
            kind = "blank lines" if self.blank > self.empty else "lines of nothing but separators"
            raise RefusedFile(
                f"{self._file} is a bomb of {kind}: {filler:,} of them beside {rows:,} rows",
                "take them out (grep -v '^[,\r]*$' FILE) and deliver it again",
            )

    def _settle(self) -> None:
        """At the end: does everything add up, and is enough of it good?"""
        if self.lines != self._lines.read:
            raise OurBug(
                f"{self._file} has {self._lines.read:,} lines, but {self.lines:,} are accounted for", "report it"
            )
        if not self.rows and self.blank > MOST_BLANK_ALONE:
            raise RefusedFile(
                f"{self._file} has no row, but {self.blank:,} blank lines behind its header",
                "deliver it again; a day without rows is a file of only a header",
            )
        if self._tolerance.exceeded(self.rejected, self.rows):
            # nobody would accept a file of nothing
            kind = RefusedFile if self.rejected == self.rows else TooManyRejects
            raise self._refused(kind, too_many(self.rejected, self.rows))

    def _refused(self, kind: type[RefusedFile], what: str) -> RefusedFile:
        ends = f"; {self._odd_end.said(self._file)}" if self._odd_end else ""
        return kind(
            f"{self._file}: {what}; the first is {self._first_fault}{ends}",
            "acme rejects shows the broken lines; mend the file and deliver it again",
        )


def _last_line(data: bytes, end: int) -> bytes:
    """The line that ends there; none at the beginning of the data."""
    return data[data.rfind(b"\n", 0, max(end - 1, 0)) + 1 : end]
