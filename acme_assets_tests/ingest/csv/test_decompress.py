"""Packed and foreign files: read when they are what their name says, refused when not, in constant memory."""

import gzip
import hashlib
import io
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import Decompressed, decompressed

CONTENT = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000))
PACKED = {
    "f.csv": CONTENT,
    "f.csv.gz": gzip.compress(CONTENT, mtime=0),
    "f.csv.zst": zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT),
}


def read_all(stream: Decompressed, size: int = 1 << 18) -> bytes:
    pieces = list(iter(lambda: stream.read(size), b""))
    assert all(len(piece) <= size for piece in pieces)
    return b"".join(pieces)


def drain(stream: Decompressed) -> None:
    while stream.read(1 << 18):
        pass


def read(packed: bytes, key: str) -> bytes:
    return read_all(decompressed(io.BytesIO(packed), key))


@pytest.mark.parametrize("key", PACKED)
def test_the_content_comes_with_size_and_checksum_of_what_was_delivered(key: str) -> None:
    stream = decompressed(io.BytesIO(PACKED[key]), key)

    assert read_all(stream, 1000) == CONTENT
    assert (stream.size, stream.checksum) == (len(PACKED[key]), hashlib.sha256(PACKED[key]).hexdigest())


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
def test_packed_files_put_one_behind_the_other_are_one_content(key: str) -> None:
    assert read(PACKED[key] * 3, key) == CONTENT * 3


@pytest.mark.parametrize("key", PACKED)
def test_no_bytes_are_no_content(key: str) -> None:
    assert read(b"", key) == b""


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
@pytest.mark.parametrize("missing", [1, 4, 9, 1000])
def test_a_file_cut_short_is_refused_wherever_the_cut_is(key: str, missing: int) -> None:
    with pytest.raises(RefusedFile, match="is cut short"):
        read(PACKED[key][:-missing], key)


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
def test_a_file_cut_down_to_its_first_bytes_is_refused(key: str) -> None:
    for length in range(1, 5):
        with pytest.raises(RefusedFile):
            read(PACKED[key][:length], key)


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
@pytest.mark.parametrize("place", [-2, -6, 5000])
def test_a_flipped_bit_is_refused(key: str, place: int) -> None:
    damaged = bytearray(PACKED[key])
    damaged[place] ^= 4
    with pytest.raises(RefusedFile, match="is damaged"):
        read(bytes(damaged), key)


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
def test_anything_behind_the_end_is_refused(key: str) -> None:
    with pytest.raises(RefusedFile, match="holds something behind the end"):
        read(PACKED[key] + b"something else", key)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (gzip.compress(b"a,b\n", mtime=0), "a gzip file"),
        (zstandard.compress(b"a,b\n"), "a zstd file"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (b"PAR1 and so on", "Parquet"),
        (b"%PDF-1.7", "PDF"),
        ("a,b\n".encode("utf-16"), "UTF-16 text"),
        (b' \n{"a": 1}', "JSON"),
        (b"\xef\xbb\xbf[1]", "JSON"),
        (b"<html>", "XML or HTML"),
    ],
)
def test_another_format_under_a_csv_name_is_called_by_its_name(start: bytes, name: str) -> None:
    for key, packed in {
        "f.csv": start,
        "f.csv.gz": gzip.compress(start, mtime=0),
        "f.csv.zst": zstandard.compress(start),
    }.items():
        with pytest.raises(RefusedFile) as caught:
            read(packed, key)

        assert caught.value.message.startswith(f"{key} is named as CSV but looks like {name}")


@pytest.mark.parametrize("key", ["f.csv.gz", "f.csv.zst"])
def test_plain_text_under_a_packed_name_is_refused(key: str) -> None:
    with pytest.raises(RefusedFile, match=r"is not (gzip|zstd), whatever its name says"):
        read(b"a,b\n1,2\n", key)


#: both are a quarter of a gigabyte of zeros
def gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()


def zstd_bomb() -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()


@pytest.mark.slow
@pytest.mark.parametrize(("key", "bomb"), [("f.csv.gz", gzip_bomb), ("f.csv.zst", zstd_bomb)])
def test_a_decompression_bomb_is_refused_in_constant_memory(key: str, bomb: Callable[[], bytes]) -> None:
    stream = decompressed(io.BytesIO(bomb()), key)
    tracemalloc.start()
    with pytest.raises(RefusedFile, match="decompression bomb"):
        drain(stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 40 << 20
