"""Dirty rows: how many, which kinds, and that everything around them stays as it was."""

import csv
import re
from pathlib import Path

import pytest

from acme_assets.sample import dirt, write_sample
from acme_platform.day import parse_days
from acme_platform.errors import UsageError

DAY = parse_days("2024-01-02")
ORDER = b"     101 ,       1044 ,2023-01-15 , 97866.96"

#: Each kind by an expression that no clean order line matches.
SIGNS = {
    "missing field": rb"[^,]*,[^,]*,[^,]*",
    "extra field": rb".*,.*,.*,.*\.\d\d,1",
    "quotes": rb'.*,\d"\d*",.*',
    "broken UTF-8": rb".*\xe9",
    "text id": rb"ID\d+,.*",
    "negative id": rb"-\d+,.*",
    "impossible date": rb".*,\d{4}-02-31,.*",
    "currency sign": rb".*\$.*",
    "thousands comma": rb".*,\d*,\d+\.\d\d",
    "exponent": rb".*e\+\d\d",
    "NaN": rb".*NaN",
    "empty amount": rb".*,.*,.*,",
    "three decimals": rb".*\.\d{3}",
}


def body(folder: Path, table: str, *, dirty: float, rows: int = 2_000, parts: int = 1) -> list[bytes]:
    """The lines after the headers of one day."""
    write_sample("sales", DAY, rows=rows, seed=1, dirty=dirty, to=folder, parts=parts)
    files = sorted((folder / "sales" / table).rglob("*.csv"))
    return [line for file in files for line in file.read_bytes().split(b"\n")[1:-1]]


@pytest.mark.parametrize(
    ("spoil", "dirty"),
    [
        (dirt.missing_field, b"     101 ,       1044 ,2023-01-15 "),
        (dirt.extra_field, b"     101 ,       1044 ,2023-01-15 , 97866.96,1"),
        (dirt.stray_quotes, b'     101 ,1"044",2023-01-15 , 97866.96'),
        (dirt.broken_utf8, b"     101 ,       1044 ,2023-01-15 , 97866.96\xe9"),
        (dirt.text_id, b"ID101,       1044 ,2023-01-15 , 97866.96"),
        (dirt.negative_id, b"-101,       1044 ,2023-01-15 , 97866.96"),
        (dirt.impossible_date, b"     101 ,       1044 ,2023-02-31, 97866.96"),
        (dirt.currency_sign, b"     101 ,       1044 ,2023-01-15 ,$97866.96"),
        (dirt.thousands_comma, b"     101 ,       1044 ,2023-01-15 ,97,866.96"),
        (dirt.exponent, b"     101 ,       1044 ,2023-01-15 ,9.7867e+04"),
        (dirt.not_a_number, b"     101 ,       1044 ,2023-01-15 ,NaN"),
        (dirt.empty_amount, b"     101 ,       1044 ,2023-01-15 ,"),
        (dirt.three_decimals, b"     101 ,       1044 ,2023-01-15 , 97866.965"),
    ],
)
def test_each_kind_of_dirt(spoil: dirt.Spoil, dirty: bytes) -> None:
    """What each kind makes of the same clean line."""
    assert spoil(ORDER) == dirty


def test_only_the_dirty_rows_differ_from_the_clean_file(tmp_path: Path) -> None:
    """One row in a hundred is dirty, one in every stretch of a hundred; all others are as in the clean delivery."""
    clean, dirty = (body(tmp_path / str(share), "orders", dirty=share) for share in (0, 0.01))
    differing = [row for row, (a, b) in enumerate(zip(clean, dirty, strict=True)) if a != b]

    assert len(clean) == 2_000
    assert [row // 100 for row in differing] == list(range(20))


def test_every_kind_is_there_in_turn(tmp_path: Path) -> None:
    """Of 28 dirty orders each of the fourteen kinds has two, the repeated row among them."""
    lines = body(tmp_path, "orders", dirty=28 / 2_000)
    found = {kind: sum(bool(re.fullmatch(sign, line)) for line in lines) for kind, sign in SIGNS.items()}

    assert found == dict.fromkeys(SIGNS, 2)
    assert len(lines) - len(set(lines)) == 2


def test_customers_are_dirty_too(tmp_path: Path) -> None:
    """Of 400 customers 7 are dirty at 7 in 400: one of each kind that is not about amounts or dates."""
    clean, dirty = (body(tmp_path / str(share), "customers", dirty=share) for share in (0, 7 / 400))

    assert sum(a != b for a, b in zip(clean, dirty, strict=True)) == 7


def test_no_dirt_swallows_the_rows_after_it(tmp_path: Path) -> None:
    """Every quote that opens closes in its own line: even a lenient reader finds each line's record."""
    lines = body(tmp_path, "orders", dirty=0.5)

    assert all(line.count(b'"') % 2 == 0 for line in lines)
    assert len(list(csv.reader(line.decode("latin-1") for line in lines))) == 2_000


def test_a_hundred_rows_have_at_least_one_dirty_row(tmp_path: Path) -> None:
    """However small the share; fewer rows than a hundred may stay clean, and a share of 0 is clean."""
    clean = body(tmp_path / "clean", "orders", dirty=0, rows=100)
    few = body(tmp_path / "few", "orders", dirty=0.001, rows=99)

    dirty = body(tmp_path / "dirty", "orders", dirty=0.001, rows=100)
    assert sum(a != b for a, b in zip(clean, dirty, strict=True)) == 1
    assert few == body(tmp_path / "clean99", "orders", dirty=0, rows=99)


def test_parts_are_as_dirty_as_the_whole(tmp_path: Path) -> None:
    """Splitting a day into parts does not change which of its rows are dirty, nor how."""
    whole = body(tmp_path / "whole", "orders", dirty=0.1)

    assert body(tmp_path / "parts", "orders", dirty=0.1, parts=7) == whole


@pytest.mark.parametrize("share", [-0.1, 0.51, 1.0, float("nan")])
def test_a_share_out_of_range_is_refused(tmp_path: Path, share: float) -> None:
    """A dirty row needs a clean one before it, so at most half of them can be dirty."""
    with pytest.raises(UsageError, match="share"):
        body(tmp_path, "orders", dirty=share)
