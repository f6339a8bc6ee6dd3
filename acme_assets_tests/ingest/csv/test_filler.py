"""Cheap filler: lines that cost their sender nothing pass as fast as rows, in constant memory, and up to a limit."""

import gzip
import io
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest

from acme_platform.errors import RefusedFile, TooManyRejects
from acme_platform.ingest.csv import screen
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.grammar import Grammar
from acme_platform.ingest.csv.screen import Reject, Screen
from acme_platform.model.tolerance import ANYTHING, USUAL, Tolerance

HEADER, ROW = b"a,b,c,d\n", b"1,7,2024-01-01,1.00\n"
SIZE = 4 << 20


def filled(filler: bytes, before: bytes = ROW) -> bytes:
    return HEADER + before + filler * (SIZE // len(filler)) + ROW


def screened(
    content: bytes,
    key: str = "f.csv",
    reject: Callable[[Reject], None] = lambda _: None,
    tolerance: Tolerance = USUAL,
) -> Screen:
    """The screen behind its end; the lines that came through are the rows it counts, where no value holds one."""
    line_end = b"\r" if content.startswith(HEADER[:-1] + b"\r") else b"\n"
    stream = decompressed(io.BytesIO(content), key)
    made = Screen(stream, file=key, columns=["a", "b", "c", "d"], marker=b"M", reject=reject, tolerance=tolerance)
    passed = sum(piece.count(line_end) for piece in iter(lambda: made.read(1 << 18), b""))
    assert passed == made.rows or b'"' in content
    return made


FILLERS = [
    pytest.param(b"\n", id="blank lines"),
    pytest.param(b"\r\n", id="blank lines, CRLF"),
    pytest.param(b"\n\r\n", id="blank lines of both kinds"),
    pytest.param(ROW + b"\n", id="every other line blank"),
    pytest.param(b'1,"7",2024-01-01,1.00\n\n', id="every other line blank, quotes"),
    pytest.param(ROW + b"\r\n\r\n\r\n", id="three of four lines blank"),
    pytest.param(b",,,\n", id="lines of separators"),
    pytest.param(b",,\n", id="lines of too few separators"),
    pytest.param(b"# by night\n", id="comments"),
    pytest.param(b" \t\n", id="lines of blanks"),
    pytest.param(b"x\n", id="lines of a letter"),
    pytest.param(b'"\n', id="lines of a quote"),
    pytest.param(b'""\n', id="lines of nothing in quotes"),
]


@pytest.mark.parametrize(
    "filler",
    [b"\n", b"\r\n", b"\n\r\n", ROW + b"\n", ROW + b"\r\n\r\n\r\n"],
    ids=["LF", "CRLF", "both", "half", "most"],
)
def test_no_blank_line_is_looked_at_by_itself(filler: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged one by one, they took a thousand times as long as by the block."""
    looks, read = [], Grammar.read

    def counted(self: Grammar, data: bytes, start: int, *, final: bool) -> object:
        looks.append(start)
        return read(self, data, start, final=final)

    monkeypatch.setattr(Grammar, "read", counted)
    screened(filled(filler))
    assert len(looks) < 10


@pytest.mark.few(1)
@pytest.mark.parametrize("filler", FILLERS)
def test_filler_takes_no_memory(filler: bytes) -> None:
    content = filled(filler)
    tracemalloc.start()
    with suppress(RefusedFile):
        screened(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 40 << 20


@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
def test_blank_lines_among_rows_are_left_out_and_counted(line: bytes) -> None:
    rejects: list[Reject] = []
    content = HEADER + ROW + line * 500_000 + b"broken\n" + line * 3 + ROW + line

    seen = screened(content, reject=rejects.append)

    assert (seen.rows, seen.rejected, seen.blank, seen.lines) == (3, 1, 500_004, 500_008)
    (reject,) = rejects
    assert (reject.row_number, reject.line) == (2, 500_003)
    assert content[reject.offset :].startswith(b"broken")


def test_blank_lines_of_a_file_whose_lines_end_in_cr_are_left_out() -> None:
    seen = screened((HEADER + ROW + b"\n" * 1000 + ROW).replace(b"\n", b"\r"))

    assert (seen.rows, seen.blank) == (2, 1000)


def test_blank_lines_inside_quotes_are_data() -> None:
    seen = screened(HEADER + b'1,"' + b"\n" * 1000 + b'",3,4\n\n' + ROW)

    assert (seen.rows, seen.blank, seen.rejected) == (2, 1, 0)


def test_more_blank_lines_than_a_limit_are_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred for each row, behind those that are free."""
    monkeypatch.setattr(screen, "FREE_BLANK", 1000)
    assert screened(HEADER + ROW * 2 + b"\n" * 1200).blank == 1200

    with pytest.raises(RefusedFile, match="is a bomb of blank lines: 1,201 of them beside 2 rows"):
        screened(HEADER + ROW * 2 + b"\n" * 1201)


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress])
def test_a_hundred_megabytes_of_blank_lines_are_refused_at_once(pack: Callable[[bytes], bytes]) -> None:
    content = pack(HEADER + ROW + b"\n" * 100_000_000)
    started = time.process_time()
    with pytest.raises(RefusedFile, match="bomb"):
        screened(content, "f.csv" if content.startswith(HEADER) else "f.csv.gz")

    assert time.process_time() - started < 10


def test_a_file_of_nothing_but_blank_lines_is_no_day_without_rows() -> None:
    assert screened(HEADER + b"\n" * 1000).rows == 0
    with pytest.raises(RefusedFile, match="has no row, but 1,001 blank lines behind its header"):
        screened(HEADER + b"\n" * 1001)


@pytest.mark.parametrize("line", [b",,,\n", b",,,\r\n"])
def test_lines_of_nothing_but_separators_count_as_blank_ones(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    """They are rows, and staging finds that all of their values are missing."""
    monkeypatch.setattr(screen, "FREE_BLANK", 1000)
    row = ROW.replace(b"\n", line[3:])
    content = HEADER + row * 2 + b"1,,,2" + line[3:]
    assert screened(content + line * 1000 + row).empty == 1000

    with pytest.raises(RefusedFile, match="is a bomb of lines of nothing but separators: 1,301 of them beside 3 rows"):
        screened(content + line * 1301)


def test_short_rows_are_no_lines_of_separators() -> None:
    """One letter and no separator more: `1,,,` and, with LF, what is as long as `,,,` and CR."""
    assert screened(HEADER + b"1,,,\n" * 500 + b",,,1\n" * 500).empty == 0


@pytest.mark.parametrize("filler", [b"# by night\n", b",,\n", b"x\n", b'"\n' + ROW])
def test_more_broken_lines_than_anybody_may_accept_end_the_reading(
    monkeypatch: pytest.MonkeyPatch, filler: bytes
) -> None:
    """Ten microseconds each, and a row of the quarantine: two hundred million would take hours, and the disk."""
    monkeypatch.setattr("acme_platform.model.tolerance.MOST_REJECTS", 5_000)
    rejects: list[Reject] = []
    with pytest.raises(RefusedFile, match="rows are broken, more than anybody may accept") as refused:
        screened(HEADER + ROW + filler * 200_000, reject=rejects.append, tolerance=ANYTHING)

    assert not isinstance(refused.value, TooManyRejects)
    assert len(rejects) == 5_001


def test_broken_lines_up_to_a_tenth_of_the_good_rows_may_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acme_platform.model.tolerance.MOST_REJECTS", 100)
    assert screened(HEADER + (ROW * 10 + b"x\n") * 1000, tolerance=ANYTHING).rejected == 1000


def test_of_very_many_broken_lines_only_the_first_are_kept_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "KEPT_LONG", 10)
    rejects: list[Reject] = []
    screened(HEADER + (b"x" * 4000 + b"\n") * 20 + ROW, reject=rejects.append, tolerance=ANYTHING)

    assert [len(reject.record) for reject in rejects[:10]] == [4000] * 10
    assert max(len(reject.record) for reject in rejects[10:]) < 300
    assert all("cut after 256 bytes" in reject.record for reject in rejects[10:])
