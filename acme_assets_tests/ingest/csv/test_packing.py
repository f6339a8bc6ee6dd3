"""Packed files: what gzip and zstd read is read, the rest is refused with its reason and a command that mends it."""

import io
import random
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import decompressed

CONTENT = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(5000))
WINDOW = 27


def read(packed: bytes, key: str) -> bytes:
    stream = decompressed(io.BytesIO(packed), key)
    return b"".join(iter(lambda: stream.read(1 << 18), b""))


def refusal(packed: bytes, key: str) -> str:
    with pytest.raises(RefusedFile) as caught:
        read(packed, key)
    return caught.value.message


def member(flags: int = 0, fields: bytes = b"", content: bytes = CONTENT, level: int = 6) -> bytes:
    """A gzip member as RFC 1952 draws it: header, optional fields, deflated content, checksum, length."""
    packer = zlib.compressobj(level, wbits=-15)
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\0\x03" + fields
    if flags & 2:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header + packer.compress(content) + packer.flush() + struct.pack("<II", zlib.crc32(content), len(content))


def frame(content: bytes = CONTENT, *, size: bool = True, checksum: bool = False, window: int = 0) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(
        window_log=window, write_content_size=size, write_checksum=checksum, write_dict_id=True
    )
    packer = zstandard.ZstdCompressor(compression_params=parameters)
    if size:
        return packer.compress(content)
    stream = packer.compressobj()
    return stream.compress(content) + stream.flush()


def skippable(number: int, content: bytes) -> bytes:
    """A frame for others than the decoder; there are sixteen kinds."""
    return struct.pack("<II", 0x184D2A50 + number, len(content)) + content


def dictionary() -> zstandard.ZstdCompressionDict:
    return zstandard.train_dictionary(4096, [b"%d,%d,of Norway\n" % (n, n * n) for n in range(2000)], dict_id=4711)


EXTRA, NAME, COMMENT = struct.pack("<H", 6) + b"AB\x02\0xy", b"orders \xe9.csv\0", b"by night\0"
#: a block of bgzip: its length stands in an extra field
BLOCK = struct.pack("<H", 6) + b"BC\x02\0" + struct.pack("<H", 4095)


@pytest.mark.parametrize(
    ("packed", "times"),
    [
        pytest.param(member(), 1, id="plain"),
        pytest.param(member(1), 1, id="said to be text"),
        pytest.param(member(2), 1, id="checksum of the header"),
        pytest.param(member(4, EXTRA), 1, id="extra field"),
        pytest.param(member(8, NAME), 1, id="name"),
        pytest.param(member(16, COMMENT), 1, id="comment"),
        pytest.param(member(31, EXTRA + NAME + COMMENT), 1, id="all of them"),
        pytest.param(member(8, b"n" * 300_000 + b"\0"), 1, id="a name longer than what is read at once"),
        pytest.param(member(level=0), 1, id="stored, not deflated"),
        pytest.param(member() + member(8, NAME), 2, id="two members"),
        pytest.param(member(content=b"") + member() + member(content=b""), 1, id="members without content"),
        pytest.param(member(4, BLOCK) * 3 + member(4, BLOCK, b""), 3, id="blocks of bgzip"),
        pytest.param(member() + bytes(1), 1, id="a byte of padding"),
        pytest.param(member() + bytes(512), 1, id="a block of padding"),
        pytest.param(member() + bytes(1 << 20), 1, id="more padding than is read at once"),
        pytest.param(member(content=b""), 0, id="no content"),
    ],
)
def test_every_gzip_file_that_gzip_reads_is_read(packed: bytes, times: int) -> None:
    assert read(packed, "f.csv.gz") == CONTENT * times


@pytest.mark.parametrize(
    ("packed", "times"),
    [
        pytest.param(frame(), 1, id="plain"),
        pytest.param(frame(size=False), 1, id="size not said"),
        pytest.param(frame(checksum=True), 1, id="checksum"),
        pytest.param(frame(size=False, window=WINDOW), 1, id="window of 128 MiB"),
        pytest.param(frame() + frame(checksum=True) + frame(size=False), 3, id="three frames"),
        pytest.param(frame(b"") + frame() + frame(b""), 1, id="frames without content"),
        pytest.param(frame(b""), 0, id="no content"),
        *(pytest.param(skippable(n, b"x" * n) + frame(), 1, id=f"skippable frame {n} first") for n in range(16)),
        pytest.param(frame() + skippable(3, b"x") + frame(), 2, id="skippable frame between"),
        pytest.param(frame() + skippable(14, b"x" * 99), 1, id="skippable frame last"),
        pytest.param(skippable(0, b""), 0, id="skippable frame alone"),
        pytest.param(skippable(0, b"x" * 700_000) + frame(), 1, id="a skippable frame longer than a read"),
    ],
)
def test_every_zstd_file_that_zstd_reads_is_read(packed: bytes, times: int) -> None:
    assert read(packed, "f.csv.zst") == CONTENT * times


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("tool", "key"),
    [
        ("gzip -1c", "f.csv.gz"),
        ("gzip -9cN", "f.csv.gz"),
        ("pigz -cb 128", "f.csv.gz"),
        ("pigz -ci", "f.csv.gz"),
        ("pigz -c -11", "f.csv.gz"),
        ("bgzip -c", "f.csv.gz"),
        ("zstd -c", "f.csv.zst"),
        ("zstd -c --fast=5", "f.csv.zst"),
        ("zstd -c -19 --no-check", "f.csv.zst"),
        ("zstd -c --ultra -22", "f.csv.zst"),
        ("zstd -c --long=27", "f.csv.zst"),
        ("zstd -c --rsyncable -T2", "f.csv.zst"),
        ("pzstd -c -p 4", "f.csv.zst"),
    ],
)
def test_what_the_tools_write_is_read(tool: str, key: str) -> None:
    words = tool.split()
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    content = CONTENT * 40

    assert read(subprocess.run(words, input=content, capture_output=True, check=True).stdout, key) == content


PIECES = {
    "f.csv.gz": {"whole": member(content=b"a\n"), "empty": member(content=b""), "zeros": bytes(3), "else": b"x"},
    "f.csv.zst": {"whole": frame(b"a\n"), "empty": skippable(7, b"xyz"), "zeros": bytes(3), "else": b"x"},
}  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(key=st.sampled_from(sorted(PIECES)), names=st.lists(st.sampled_from(sorted(PIECES["f.csv.gz"])), max_size=6))
def test_a_file_is_members_and_padding_and_nothing_else(key: str, names: list[str]) -> None:
    """Members, then zeros up to the end, which zstd does not take; `else` is neither, wherever it stands."""
    packed = b"".join(PIECES[key][name] for name in names)
    members = [name for name in names if name in ("whole", "empty")]
    padding = names[len(members) :]
    reads = names == members + padding and set(padding) <= ({"zeros"} if key == "f.csv.gz" else set())
    if reads and (members or not padding):
        assert read(packed, key) == b"a\n" * members.count("whole")
    else:
        assert refusal(packed, key)


def deep(window: int) -> bytes:
    return frame(size=False, window=window)


def with_dictionary() -> bytes:
    return zstandard.ZstdCompressor(dict_data=dictionary()).compress(CONTENT)


BEHIND = "holds something behind the end of its {} data, from byte {:,} on (b'more'), which {} leaves out"


@pytest.mark.parametrize(
    ("name", "packed", "why", "command"),
    [
        pytest.param(
            "f.csv.zst", deep(28), "needs a zstd window of 268,435,456 bytes, of which 134,217,728 are read",
            "zstd -dc --long=31 < f.csv.zst | zstd > mended.csv.zst", id="a window of 256 MiB",
        ),
        pytest.param(
            "f.csv.zst", skippable(0, b"x") + frame(b"") + deep(31), "needs a zstd window of 2,147,483,648 bytes",
            "zstd -dc --long=31 < f.csv.zst | zstd > mended.csv.zst", id="a window of 2 GiB, in the third frame",
        ),
        pytest.param(
            "f.csv.zst", with_dictionary(), "was packed with the zstd dictionary 4711, which it does not hold",
            "zstd -dc -D DICTIONARY < f.csv.zst | zstd > mended.csv.zst", id="a dictionary",
        ),
        pytest.param(
            "f.csv.gz", member() + b"more", BEHIND.format("gzip", len(member()), "gzip"),
            "gzip -dc < f.csv.gz > mended.csv", id="something behind gzip data",
        ),
        pytest.param(
            "f.csv.gz", member() + bytes(9) + b"more", BEHIND.format("gzip", len(member()) + 9, "gzip"),
            "gzip -dc < f.csv.gz > mended.csv", id="something behind the padding of gzip data",
        ),
        pytest.param(
            "f.csv.zst", frame() + b"more", BEHIND.format("zstd", len(frame()), "zstd"),
            "zstd -dc < f.csv.zst > mended.csv", id="something behind zstd data",
        ),
        pytest.param(
            "f.csv.zst", frame() + bytes(512), "holds something behind the end of its zstd data",
            "zstd -dc < f.csv.zst > mended.csv", id="padding behind zstd data, which zstd does not know",
        ),
        pytest.param(
            "f.csv", member(), "is named as CSV but looks like a gzip file",
            "gzip -dc < f.csv > mended.csv", id="gzip under a plain name",
        ),
        pytest.param(
            "f.csv", frame(), "is named as CSV but looks like a zstd file",
            "zstd -dc < f.csv > mended.csv", id="zstd under a plain name",
        ),
        pytest.param(
            "f.csv.gz", frame(), "is named as CSV but looks like a zstd file",
            "zstd -dc < f.csv.gz > mended.csv", id="zstd under the name of gzip",
        ),
        pytest.param(
            "f.csv.zst", member(), "is named as CSV but looks like a gzip file",
            "gzip -dc < f.csv.zst > mended.csv", id="gzip under the name of zstd",
        ),
        pytest.param(
            "f.csv.gz", member(content=member()), "is named as CSV but looks like a gzip file",
            "gzip -dc < f.csv.gz | gzip -dc > mended.csv", id="packed twice",
        ),
        pytest.param(
            "it's 5.csv.gz", frame(), "is named as CSV but looks like a zstd file",
            """zstd -dc < 'it'"'"'s 5.csv.gz' > mended.csv""", id="a name that a shell takes apart",
        ),
        pytest.param(
            "f.csv", CONTENT.decode().encode("utf-16"), "is named as CSV but looks like UTF-16 text",
            "iconv -f UTF-16 -t UTF-8 < f.csv > mended.csv", id="UTF-16",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_the_command_mends_it(
    tmp_path: Path, name: str, packed: bytes, why: str, command: str
) -> None:
    said = refusal(packed, f"sales/orders/{name}")

    assert said.startswith(f"sales/orders/{name} {why}")
    assert said.endswith(f"; to mend it: {command}")
    (tmp_path / name).write_bytes(packed)
    (tmp_path / "dictionary").write_bytes(dictionary().as_bytes())
    mended = tmp_path / command.rpartition(" ")[2]
    if lacking := {step.split()[0] for step in command.split("|") if not shutil.which(step.split()[0])}:
        pytest.skip(f"the command was read and not run: {', '.join(lacking)} is not installed")
    subprocess.run(command.replace("DICTIONARY", "dictionary"), shell=True, check=False, cwd=tmp_path)  # noqa: S602  # as a person types it
    assert read(mended.read_bytes(), mended.name) == CONTENT


@pytest.mark.parametrize(
    ("start", "version", "command"),
    [
        (b"\xfd\x2f\xb5\x1e", "0.1", ""),
        (b"\x22\xb5\x2f\xfd", "0.2", ""),
        (b"\x24\xb5\x2f\xfd", "0.4", ""),
        (b"\x25\xb5\x2f\xfd", "0.5", "; to mend it: zstd -dc < f.csv.zst | zstd > mended.csv.zst"),
        (b"\x27\xb5\x2f\xfd", "0.7", "; to mend it: zstd -dc < f.csv.zst | zstd > mended.csv.zst"),
    ],
)
def test_zstd_from_before_its_format_was_settled_is_called_so(start: bytes, version: str, command: str) -> None:
    """The tool reads those from 0.5 on."""
    said = f"f.csv.zst was packed by zstd {version}, before its format was settled{command}"

    assert refusal(start + b"and so on", "f.csv.zst") == said
    assert refusal(frame() + start + b"and so on", "f.csv.zst") == said


@pytest.mark.parametrize(
    ("key", "packed"),
    [
        *(("f.csv.gz", member()[:length]) for length in (1, 2, 5, 9, 700)),
        *(("f.csv.gz", member() + member()[:length]) for length in (1, 2, 9, 700)),
        *(("f.csv.zst", frame()[:length]) for length in (1, 3, 4, 6, 700)),
        *(("f.csv.zst", frame() + frame()[:length]) for length in (1, 3, 4, 6, 700)),
        *(("f.csv.zst", frame() + skippable(5, b"xyz")[:length]) for length in (1, 3, 4, 7, 8, 10)),
    ],
)
def test_a_file_that_ends_inside_a_member_is_cut_short(key: str, packed: bytes) -> None:
    assert "is cut short" in refusal(packed, key)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(member()[:3] + b"\x20" + member()[4:], id="encrypted"),
        pytest.param(member()[:3] + b"\x80" + member()[4:], id="flags nobody knows"),
        pytest.param(member()[:2] + b"\x07" + member()[3:], id="another method"),
        pytest.param(member(2)[:4] + b"x" + member(2)[5:], id="a header against its checksum"),
        pytest.param(member()[:-8] + bytes(4) + member()[-4:], id="content against its checksum"),
        pytest.param(member()[:-4] + bytes(4), id="content against its length"),
    ],
)
def test_a_damaged_member_is_called_damaged(packed: bytes) -> None:
    assert "is damaged: its gzip data cannot be read" in refusal(packed, "f.csv.gz")


PEAK = """
import sys
from acme_platform.ingest.csv.compression import decompressed
with open(sys.argv[1], "rb", buffering=0) as raw:
    stream = decompressed(raw, sys.argv[1])
    read = sum(map(len, iter(lambda: stream.read(1 << 18), b"")))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(read, int(peak.split()[1]) // 1024)
"""


def long_window() -> tuple[bytes, int]:
    """More than the window, of bytes that do not repeat."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=WINDOW)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    dice, mebibyte = random.Random(1), 1 << 20  # noqa: S311  # no secret
    packed = b"".join(packer.compress(dice.randbytes(mebibyte // 2).hex().encode()) for _ in range(140))
    return packed + packer.flush(), 140 * mebibyte


def padded() -> tuple[bytes, int]:
    return member() + bytes(300 << 20), len(CONTENT)


def skipped() -> tuple[bytes, int]:
    return skippable(0, bytes(300 << 20)) + frame(), len(CONTENT)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "build"),
    [
        pytest.param("f.csv.zst", long_window, id="a window of 128 MiB"),
        pytest.param("f.csv.gz", padded, id="300 MiB of padding"),
        pytest.param("f.csv.zst", skipped, id="300 MiB in a skippable frame"),
    ],
)
def test_no_packed_file_takes_more_than_200_megabytes(
    tmp_path: Path, name: str, build: Callable[[], tuple[bytes, int]]
) -> None:
    packed, size = build()
    (tmp_path / name).write_bytes(packed)
    asked = [sys.executable, "-c", PEAK, str(tmp_path / name)]

    read, peak = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.split()

    assert int(read) == size
    assert int(peak) < 200
