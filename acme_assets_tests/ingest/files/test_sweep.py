"""Sweeps: a tick looks at as much of the lake as it has time for, and every object is looked at in the end."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_platform.errors import TryAgain
from acme_platform.ingest.files import listing as module
from acme_platform.ingest.files.listing import Sweep, sweep
from acme_platform.lake import Lake, LakeObject, open_lake
from acme_platform.lake.folder import FolderLake

KEYS = [f"{folder}/2024-01-0{day}{ending}.csv" for folder in "ab" for day in (1, 2) for ending in ("", "/p", "/q")]
FOLDERS = ["a/", "b/"]


@pytest.fixture(params=["folder", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    folder = str(tmp_path / "lake")
    opened = open_lake(folder if request.param == "folder" else f"s3://{request.getfixturevalue('s3_bucket')}/lake")
    for key in [*KEYS, "c/2024-01-01.csv"]:
        opened.put(key, io.BytesIO(b"x"))
    return opened


class Breaking(FolderLake):
    """A folder whose listings break off behind so many objects."""

    left = 0

    def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        for file in super().list(prefix, after):
            if not self.left:
                raise TryAgain("the lake went away", "it is tried again")
            self.left -= 1
            yield file


def keys(swept: Sweep) -> list[str]:
    return [file.key for file in swept.objects]


def test_a_sweep_with_time_sees_the_whole_part_of_the_lake_in_the_order_of_keys(lake: Lake) -> None:
    swept = sweep(lake, FOLDERS)

    assert keys(swept) == sorted(KEYS)
    assert swept.last == ""


@pytest.mark.few(2)
@pytest.mark.parametrize("page", [1, 2, 5, 12])
def test_sweeps_without_time_see_everything_in_pieces_and_nothing_twice(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.0)
    monkeypatch.setattr(module, "PAGE", page)
    seen, after = [], ""
    for _ in range(len(KEYS) // page + 1):
        swept = sweep(lake, FOLDERS, after)
        seen += keys(swept)
        after = swept.last
        if not after:
            break

    assert (seen, after) == (sorted(KEYS), "")


@pytest.mark.few(2)
@pytest.mark.parametrize("hint", ["a/2024-01-02", "b/", "a", "zzz", "\N{PILE OF POO}", '{"an": "older cursor"}'])
def test_any_hint_at_all_leads_to_the_end_and_then_to_the_beginning(lake: Lake, hint: str) -> None:
    swept = sweep(lake, FOLDERS, hint)

    assert keys(swept) == [key for key in sorted(KEYS) if key > hint]
    assert keys(sweep(lake, FOLDERS, swept.last)) == sorted(KEYS)


def test_a_listing_that_breaks_off_has_seen_what_it_has_seen(tmp_path: Path) -> None:
    lake = Breaking(tmp_path)
    for key in KEYS:
        lake.put(key, io.BytesIO(b"x"))
    seen, after = [], ""
    for lake.left in (5, 5, 5):
        swept = sweep(lake, FOLDERS, after)
        seen += keys(swept)
        after = swept.last

    assert seen == sorted(KEYS)
    assert swept.failure == ""


def test_a_lake_that_gives_nothing_is_no_empty_lake(tmp_path: Path) -> None:
    lake = Breaking(tmp_path)
    lake.put(KEYS[0], io.BytesIO(b"x"))

    with pytest.raises(TryAgain, match="the lake went away"):
        sweep(lake, FOLDERS)


def test_a_sweep_knows_which_names_it_would_have_seen() -> None:
    swept = Sweep([], "b", "d")

    assert [key in swept for key in ("a", "b", "c", "d", "e")] == [False, False, True, True, False]
    assert "e" in Sweep([], "b", "")
