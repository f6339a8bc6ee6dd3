"""The screen: what COPY gets, what is set aside, and that both together are the whole file."""

import io
import tracemalloc
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import psycopg2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from acme_assets_tests.support import reference_csv
from acme_assets_tests.support.reference_csv import Blank, Broken, Event, Good
from acme_platform.errors import RefusedFile, TooManyRejects
from acme_platform.ingest.csv import vectorized as block
from acme_platform.ingest.csv.screen import EmptyFile, Reject, Screen
from acme_platform.model.tolerance import ANYTHING, Tolerance

MARKER = b"MARKER"
#: for tests of what is set aside: all but all of it
MUCH = Tolerance(share=0.9999, rows=1_000_000)


@dataclass
class Screened:
    """What came of a file."""

    output: bytes
    rejects: list[Reject]
    screen: Screen

    @property
    def broken(self) -> list[tuple[int, int, str]]:
        return [(reject.row_number, reject.line, reject.record) for reject in self.rejects]


@dataclass
class Collected:
    """Rejects, kept when the file is refused."""

    rejects: list[Reject] = field(default_factory=list)
    tolerance: Tolerance = MUCH

    def screen(
        self, content: bytes, columns: str = "a,b", block_size: int = 1 << 18, longest: int = 1 << 20, size: int = -1
    ) -> Screened:
        class Small(Screen):
            block = block_size

        Small.longest = longest
        screen = Small(
            io.BytesIO(content),
            file="f.csv",
            columns=columns.split(","),
            marker=MARKER,
            reject=self.rejects.append,
            tolerance=self.tolerance,
        )
        output = b"".join(iter(lambda: screen.read(size), b""))
        return Screened(output, self.rejects, screen)


def screened(content: bytes, **options: object) -> Screened:
    return Collected().screen(content, **options)  # type: ignore[arg-type]  # names checked by the call itself


@pytest.mark.parametrize(
    ("content", "output"),
    [
        pytest.param(b"a,b\n1,2\n3,4\n", b"1,2\n3,4\n", id="LF"),
        pytest.param(b"a,b\r\n1,2\r\n3,4\r\n", b"1,2\n3,4\n", id="CRLF"),
        pytest.param(b"a,b\n1,2\r\n3,4\n", b"1,2\n3,4\n", id="mixed"),
        pytest.param(b"a,b\r1,2\r3,4\r", b"1,2\r3,4\r", id="CR"),
        pytest.param(b"a,b\n1,2\n3,4", b"1,2\n3,4\n", id="no final line end"),
        pytest.param(b"a,b\r\n1,2\r", b"1,2\n", id="cut between CR and LF"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", b"1,2\n", id="BOM"),
        pytest.param(b"a,b\n", b"", id="header only"),
        pytest.param(b"a,b", b"", id="header only without line end"),
        pytest.param(b'a,b\n"1","x,y"\n', b'"1","x,y"\n', id="quoted comma"),
        pytest.param(b'a,b\n"1","x ""y"""\n', b'"1","x ""y"""\n', id="doubled quotes"),
        pytest.param(b'a,b\r\n1,"x\r\ny"\r\n', b'1,"x\r\ny"\n', id="line breaks inside quotes stay as they are"),
        pytest.param(b'a,b\n1,"x\ry"\n', b'1,"x\ry"\n', id="CR inside quotes"),
        pytest.param(b'a,b\r1,"x\ny"\r', b'1,"x\ny"\r', id="LF inside quotes of a CR file"),
        pytest.param("a,b\né,日本\n".encode(), "é,日本\n".encode(), id="UTF-8"),
        pytest.param(b"a,b\n007,NULL\n, \n", b"007,NULL\n, \n", id="leading zeros, words and blanks are text"),
        pytest.param(b"b,a\n1,2\n", b"1,2\n", id="reordered columns pass in the file's order"),
    ],
)
def test_clean_content_passes_byte_for_byte(content: bytes, output: bytes) -> None:
    seen = screened(content)

    assert (seen.output, seen.rejects) == (output, [])


@pytest.mark.parametrize(
    ("content", "output", "broken", "reason"),
    [
        pytest.param(
            b"a,b\n1,2\n3\n4,5\n", b"1,2\nMARKER,\n4,5\n", [(2, 3, "3")],
            "1 field where 2 are expected", id="too few fields",
        ),
        pytest.param(
            b"a,b\n1,2,3\n4,5\n", b"MARKER,\n4,5\n", [(1, 2, "1,2,3")],
            "3 fields where 2 are expected", id="too many fields",
        ),
        pytest.param(
            b'a,b\n"1\n2",3,4\n5,6\n', b"MARKER,\nMARKER,\n5,6\n", [(1, 2, '"1'), (2, 3, '2",3,4')],
            "3 fields where 2 are expected", id="too many fields over two lines",
        ),
        pytest.param(
            b'a,b\n1,x"y\n4,5\n', b"MARKER,\n4,5\n", [(1, 2, '1,x"y')],
            "field 2 has a quote inside", id="quote in a bare field",
        ),
        pytest.param(
            b'a,b\n"1"x,2\n4,5\n', b"MARKER,\n4,5\n", [(1, 2, '"1"x,2')],
            "field 1 has text after its closing quote", id="text after a closing quote",
        ),
        pytest.param(
            b'a,b\n1,2\n3,"x\n4,5\n6,7\n', b"1,2\nMARKER,\nMARKER,\nMARKER,\n",
            [(2, 3, '3,"x'), (3, 4, "4,5"), (4, 5, "6,7")],
            "field 2 opens a quote that is never closed", id="unclosed quote",
        ),
        pytest.param(
            b'a,b\n1,"x\n2,"y"\n6,7\n', b"MARKER,\nMARKER,\n6,7\n", [(1, 2, '1,"x'), (2, 3, '2,"y"')],
            "field 2 has text after its closing quote", id="unclosed quote that meets another",
        ),
        pytest.param(
            b"a,b\n1,caf\xe9\n4,5\n", b"MARKER,\n4,5\n", [(1, 2, "1,caf\\xe9")],
            "field 2: byte 0xE9 at 5 of the record is not UTF-8; looks like Latin-1", id="Latin-1",
        ),
        pytest.param(
            b"a,b\n1,\xc3\x28\n4,5\n", b"MARKER,\n4,5\n", [(1, 2, "1,\\xc3(")],
            "field 2: byte 0xC3 at 2 of the record is not UTF-8; looks like Latin-1", id="broken UTF-8",
        ),
        pytest.param(
            b"a,b\n1,x\ry\n4,5\n", b"MARKER,\n4,5\n", [(1, 2, "1,x\ry")],
            "field 2 ends in a line break of another kind than the file's", id="CR in a LF file",
        ),
        pytest.param(
            b"a,b\r1,x\ny\r4,5\r", b"MARKER,\r4,5\r", [(1, 2, "1,x\ny")],
            "field 2 ends in a line break of another kind than the file's", id="LF in a CR file",
        ),
    ],
)  # fmt: skip
def test_a_broken_record_is_set_aside_and_leaves_marker_rows(
    content: bytes, output: bytes, broken: list[tuple[int, int, str]], reason: str
) -> None:
    seen = screened(content)

    assert (seen.output, seen.broken) == (output, broken)
    assert seen.rejects[0].reason == reason


def test_later_lines_of_a_broken_record_say_where_it_began() -> None:
    """The person who mends the file is led to the line with the open quote, not to its victims."""
    seen = screened(b'a,b\n1,2\n3,"x\n4,5\n')

    assert seen.rejects[1].reason == (
        "in the broken record that begins in line 3: field 2 opens a quote that is never closed"
    )


def test_blank_lines_are_dropped_and_counted_and_take_no_row_number() -> None:
    seen = screened(b"a,b\n\n1,2\n\r\n\n3\n")

    assert (seen.output, seen.broken) == (b"1,2\nMARKER,\n", [(2, 6, "3")])
    assert (seen.screen.rows, seen.screen.rejected, seen.screen.blank, seen.screen.lines) == (2, 1, 3, 6)


def test_offsets_lead_to_the_line_in_the_file() -> None:
    content = "\ufeffa,b\r\né,2\r\n".encode() + b"broken\r\n" + b"x,\xff\r\n"
    seen = screened(content)

    assert [(reject.offset, reject.line) for reject in seen.rejects] == [(14, 3), (22, 4)]
    assert [content[reject.offset :][:6] for reject in seen.rejects] == [b"broken", b"x,\xff\r\n"]


def test_a_record_longer_than_the_limit_is_set_aside_in_constant_memory() -> None:
    """A line of 64 MiB costs a megabyte or two, and the row after it loads."""

    class Endless(io.RawIOBase):
        parts = iter([b"a,b\n1,2\n", *[b"x" * (1 << 18)] * 256, b"\n3,4\n"])

        def read(self, _size: int = -1) -> bytes:
            return next(self.parts, b"")

    rejects: list[Reject] = []
    tracemalloc.start()
    screen = Screen(Endless(), file="f.csv", columns=["a", "b"], marker=MARKER, reject=rejects.append, tolerance=MUCH)
    output = b"".join(iter(screen.read, b""))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert output == b"1,2\nMARKER,\n3,4\n"
    assert [(reject.row_number, reject.line, reject.offset, reject.reason) for reject in rejects] == [
        (2, 3, 8, "longer than 1,048,576 bytes")
    ]
    assert rejects[0].record.endswith("x … (cut after 4,096 bytes)")
    assert peak < 10 << 20


@pytest.mark.parametrize("block_size", [4, 1 << 18])
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_record_as_long_as_the_limit_loads_and_a_byte_more_does_not(block_size: int, quote: bytes) -> None:
    """The limit is twelve bytes, line end included."""
    fits, longer = b"1," + (quote + b"2345678" + quote).ljust(9, b"9") + b"\n", b"12,3456789ab\n"
    seen = screened(b"a,b\n" + fits + longer + fits, block_size=block_size, longest=12)

    assert seen.output == fits + marker("a,b") + fits
    assert [reject.reason for reject in seen.rejects] == ["longer than 12 bytes"]


def test_offsets_are_right_behind_a_line_too_long_to_hold() -> None:
    content = b"a,b\n1,2\n" + b"x" * 5000 + b"\n3\n4,5\n"
    seen = screened(content, block_size=64, longest=100)

    assert [(reject.offset, reject.record[:4]) for reject in seen.rejects] == [(8, "xxxx"), (5009, "3")]


def test_an_unclosed_quote_takes_no_more_lines_than_the_limit() -> None:
    """Ten bytes a line and a limit of 25: the line in which byte 25 of the record stands is the last one lost."""
    seen = screened(b'a,b\n1,"2345678\n1,23456789\n1,2345678\n1,2345678\n', block_size=16, longest=25)

    assert [reject.line for reject in seen.rejects] == [2, 3, 4]
    assert seen.output == b"MARKER,\n" * 3 + b"1,2345678\n"


def test_reads_are_as_small_as_asked() -> None:
    whole = screened(b"a,b\n" + b"12345,67890\n" * 100)

    assert screened(b"a,b\n" + b"12345,67890\n" * 100, size=7).output == whole.output


def test_a_file_of_no_bytes_is_refused_as_empty() -> None:
    for content in (b"", b"\xef\xbb\xbf"):
        with pytest.raises(EmptyFile, match=r"f\.csv is empty"):
            screened(content)


def test_nul_bytes_refuse_the_file_with_the_line() -> None:
    for content in (b"a,b\n1,2\n3,\x00\n", "a,b\n1,2\n3,4\n".encode("utf-16-le")):
        with pytest.raises(RefusedFile, match=r"line [13] holds a NUL byte"):
            screened(content)


def test_a_file_without_one_good_row_is_refused() -> None:
    collected = Collected()
    with pytest.raises(RefusedFile, match="not one of its 2 rows is good; the first is line 2: 1 field where 2"):
        collected.screen(b"a,b\n1\n2\n")

    assert len(collected.rejects) == 2


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        pytest.param(297, 3, "", id="1 %"),
        pytest.param(296, 3, "3 of its 299 rows cannot be read; the first is line 298", id="more than 1 %"),
        pytest.param(200_000, 1_000, "", id="1,000"),
        pytest.param(200_000, 1_001, "1,001 of its first 201,001 rows are broken", id="1,001"),
    ],
)  # fmt: skip
def test_more_than_one_percent_or_more_than_a_thousand_broken_rows_refuse_the_file(
    good: int, bad: int, said: str
) -> None:
    collected, content = Collected(tolerance=Tolerance()), b"a,b\n" + b"1,2\n" * good + b"1\n" * bad
    with pytest.raises(TooManyRejects, match=said) if said else nullcontext():
        collected.screen(content)

    assert len(collected.rejects) == bad


def test_what_a_person_accepts_is_never_too_many() -> None:
    assert Collected(tolerance=ANYTHING).screen(b"a,b\n" + b"1\n" * 2_000).screen.rejected == 2_000


def test_postgresql_numbers_and_reads_the_rows_as_the_file_has_them(warehouse_url: str) -> None:
    """Values come out of COPY byte for byte, marker rows take their numbers along, whatever the line ends are."""
    values = [(1, "x"), (3, "line\r\nbreak"), (4, 'say "'), (5, "\\."), (6, "\r"), (7, "é, ")]
    for line_end in (b"\n", b"\r\n", b"\r"):
        rows = [b"a,b", b"1,x", b"2", b'3,"line\r\nbreak"', b'4,"say """', b"5,\\.", b'6,"\r"', '7,"é, "'.encode()]
        rejects: list[Reject] = []
        content = io.BytesIO(line_end.join(rows))
        screen = Screen(content, file="f.csv", columns=["a", "b"], marker=MARKER, reject=rejects.append, tolerance=MUCH)

        assert copied(warehouse_url, screen) == [(number, str(number), value) for number, value in values]
        assert [reject.row_number for reject in rejects] == [2]


def copied(url: str, screen: Screen) -> list[tuple[int, str, str]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table seen (row_number bigint generated always as identity, a text, b text)")
        cursor.copy_expert(
            f"copy seen (a, b) from stdin (format csv) where a <> '{MARKER.decode()}'", cast("BinaryIO", screen)
        )
        cursor.execute("select * from seen order by row_number")
        return cursor.fetchall()


TOKENS = [b"a", b",", b'"', b"\n", b"\r", b"\r\n", "é".encode(), b"\xff", b'""', b',"', b'",', b'"\n', b'\n"', b"a,a\n"]
BODIES = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    body=BODIES,
    width=st.integers(1, 3),
    block_size=st.sampled_from([1, 2, 5, 11, 1 << 18]),
    longest=st.sampled_from([6, 9, 1 << 20]),
    few_quotes=st.sampled_from([0, 64]),
    mirrored=st.booleans(),
)
@example(body=b'"\n",a\n', width=2, block_size=1, longest=6, few_quotes=0, mirrored=False)
def test_the_screen_agrees_with_a_reading_byte_by_byte(
    body: bytes, width: int, block_size: int, longest: int, few_quotes: int, *, mirrored: bool
) -> None:
    """Whatever the bytes, the blocks and the limit: the same values load, the same lines are set aside."""
    names = "a,b,c"[: 2 * width - 1]
    # behind a header that ends in CR (mirrored), a leading LF would belong to the header's line end
    content = f"{names}\n".encode() + body.lstrip(b"\r")
    events = reference_csv.read(content, width, longest)[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block, "FEW_QUOTES", few_quotes)
        compare(Mirror(mirrored), content, names, events, block_size=block_size, longest=longest)


@dataclass(frozen=True)
class Mirror:
    """Exchanges CR and LF, or does nothing."""

    on: bool

    def __call__(self, content: bytes) -> bytes:
        return content.translate(bytes.maketrans(b"\r\n", b"\n\r")) if self.on else content


def compare(mirror: Mirror, content: bytes, names: str, events: list[Event], *, block_size: int, longest: int) -> None:
    collected = Collected()
    good = [event for event in events if isinstance(event, Good)]
    broken = [event for event in events if isinstance(event, Broken)]
    try:
        seen = collected.screen(mirror(content), names, block_size, longest)
    except RefusedFile:
        assert broken
        assert not good
    else:
        rows = [event.raw + b"\n" if isinstance(event, Good) else marker(names) for event in events if event != Blank()]
        assert mirror(seen.output) == b"".join(rows)
        assert (seen.screen.rows, seen.screen.rejected) == (len(good) + len(broken), len(broken))
        assert seen.screen.blank == len(events) - len(good) - len(broken)
        assert seen.screen.lines == len(content.removesuffix(b"\n").split(b"\n"))
        assert bool(good) or not broken
    assert [reject.offset for reject in collected.rejects] == [one.offset for one in broken]
    for seen_one, one in zip(collected.rejects, broken, strict=True):
        # a line longer than any record may be cut anywhere behind that
        assert seen_one.record == text(mirror(one.line)) or len(one.line) > longest


def text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode(errors="backslashreplace")


def marker(names: str) -> bytes:
    return MARKER + b"," * names.count(",") + b"\n"
