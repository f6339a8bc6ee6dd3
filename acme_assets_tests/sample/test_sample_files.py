"""Generated files: their names, that they are the same again, and that they are whole or not there."""

import gzip
import time
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from acme_assets.sample import SampleFile, write_sample
from acme_assets.sample.output import Compression
from acme_platform.day import parse_days
from acme_platform.errors import UsageError


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its key, hidden and temporary ones included."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def generate(
    folder: Path,
    days: str = "2024-01-02",
    *,
    parts: int = 1,
    compress: Compression = "none",
    seed: int = 1,
) -> list[SampleFile]:
    return write_sample(
        "sales", parse_days(days), rows=1_000, seed=seed, dirty=0.01, to=folder, parts=parts, compress=compress
    )


def test_files_are_named_as_the_lake_names_deliveries(tmp_path: Path) -> None:
    """One file is called after the day; several stand in the day's folder; what is told is what was written."""
    told = generate(tmp_path, parts=2, compress="gzip")

    assert told == [
        SampleFile("sales/customers/2024-01-02.csv.gz", 200),
        SampleFile("sales/orders/2024-01-02/part-0001.csv.gz", 500),
        SampleFile("sales/orders/2024-01-02/part-0002.csv.gz", 500),
    ]
    assert list(contents(tmp_path)) == [file.key for file in told]


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, compress: Compression) -> None:
    """Compressed or not: no time, no name, no chance gets into a file."""
    generate(tmp_path / "one", compress=compress)
    generate(tmp_path / "two", compress=compress)

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    """The seed is part of what a file follows from."""
    generate(tmp_path / "one", seed=1)
    generate(tmp_path / "two", seed=2)

    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(one[key] != two[key] for key in one)


def test_a_day_does_not_depend_on_the_days_around_it(tmp_path: Path) -> None:
    """Orders of a day are the same alone and within a range; customers too, but for the day that starts a range."""
    generate(tmp_path / "long", "2024-01-01..2024-01-05")
    generate(tmp_path / "short", "2024-01-03..2024-01-04")

    long, short = contents(tmp_path / "long"), contents(tmp_path / "short")
    same = [f"sales/orders/2024-01-0{n}.csv" for n in (3, 4)] + ["sales/customers/2024-01-04.csv"]
    assert [long[key] == short[key] for key in same] == [True] * 3
    assert short["sales/customers/2024-01-03.csv"].count(b"\n") == 201


@pytest.mark.parametrize(("compress", "decompress"), [("gzip", gzip.decompress), ("zstd", None)])
def test_compression_changes_nothing_but_the_size(tmp_path: Path, compress: Compression, decompress: object) -> None:
    """What comes out of a compressed file is the plain file."""
    generate(tmp_path / "plain")
    generate(tmp_path / "small", compress=compress)
    read = decompress if callable(decompress) else lambda data: zstandard.ZstdDecompressor().stream_reader(data).read()

    plain = [*contents(tmp_path / "plain").values()]
    assert [read(data) for data in contents(tmp_path / "small").values()] == plain


def test_more_parts_than_rows_leave_some_with_a_header_only(tmp_path: Path) -> None:
    """Each part is a file of its own with the header; together they hold every row once."""
    write_sample("sales", parse_days("2024-01-02"), rows=3, seed=1, dirty=0, to=tmp_path, parts=5)
    parts = [data for key, data in contents(tmp_path).items() if "orders" in key]

    assert sorted(part.count(b"\n") for part in parts) == [1, 1, 2, 2, 2]
    assert len({part.split(b"\n")[0] for part in parts}) == 1


def test_a_failure_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    """Readers see a whole file or the one before: an error in the middle leaves no half and no temporary file."""
    generate(tmp_path, seed=1)
    before = contents(tmp_path)

    def fail(_rows: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_sample("sales", parse_days("2024-01-02"), rows=9, seed=2, dirty=0, to=tmp_path, progress=fail)
    assert contents(tmp_path) == before


def test_progress_hears_of_every_row(tmp_path: Path) -> None:
    """The rows told while writing add up to the rows written."""
    heard: list[int] = []
    files = write_sample(
        "sales", parse_days("2024-01-02"), rows=40_000, seed=1, dirty=0.1, to=tmp_path, progress=heard.append
    )

    assert sum(heard) == sum(file.rows for file in files) == 48_008
    assert len(heard) > len(files)


@pytest.mark.parametrize(
    ("feed", "rows", "parts", "says"), [("sail", 1, 1, "'sail'"), ("sales", 0, 1, "0 rows"), ("sales", 1, 0, "0 parts")]
)
def test_what_cannot_be_made_is_refused(tmp_path: Path, feed: str, rows: int, parts: int, says: str) -> None:
    """An unknown feed is answered with the known ones; nothing is written."""
    with pytest.raises(UsageError, match=says):
        write_sample(feed, parse_days("2024-01-02"), rows=rows, seed=1, dirty=0, to=tmp_path, parts=parts)
    assert contents(tmp_path) == {}


def test_a_million_rows_are_fast_and_take_little_memory(tmp_path: Path) -> None:
    """At least 500,000 rows a second reach the disk (measured: 5 million), in a few megabytes of memory."""
    tracemalloc.start()
    started = time.monotonic()
    files = write_sample("sales", parse_days("2024-01-02"), rows=1_000_000, seed=1, dirty=0, to=tmp_path)
    took = time.monotonic() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(file.rows for file in files) / took > 500_000
    assert peak < 50_000_000
