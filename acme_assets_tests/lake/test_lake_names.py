"""Names that cannot be placed: each is told once, and stops nobody beside it."""

import io
import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acme_assets_tests.rights import nobody
from acme_assets_tests.support.loading import ORDERS, ids, load, orders
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.shop import Shop
from acme_platform.errors import MendInput
from acme_platform.ingest.files.inventory import take
from acme_platform.ingest.files.routing import files_of
from acme_platform.lake import Lake, open_lake
from acme_platform.lake.filename import parse_key
from acme_platform.lake.folder import FolderLake
from acme_platform.lake.object import MOST_SHOWN, LakeObject, shown
from acme_platform.lake.s3 import S3Lake
from acme_platform.triggers.new_files import look

DAY = "sales/orders/2024-01-01"
GOOD = [f"{DAY}/a.csv", f"{DAY}/z.csv"]
#: all of them take the shape of a part of the day
BAD = {
    f"{DAY}/a\\b.csv": "a backslash, or a byte that is no UTF-8,",
    f"{DAY}/..\\..\\b.csv": "a backslash, or a byte that is no UTF-8,",
    f"{DAY}/a\nb.csv": "a control character",
    f"{DAY}/a\x07b.csv": "a control character",
    f"{DAY}/a\x85b.csv": "a control character",
    f"{DAY}/a\u2028b.csv": "a control character",
    f"{DAY}/ b.csv": "a blank at the end of a step",
}
#: keys that a bucket may hold and a folder cannot
IN_BUCKETS = {
    "sales/../2024-01-01.csv": "a step that is empty, . or ..",
    "sales/orders/2024-01-01/../b.csv": "does not have the shape",
    "sales//orders/2024-01-01.csv": "does not have the shape",
    "sales/orders/2024-01-01.csv/": "a step that is empty, . or ..",
}
ELSEWHERE = {
    f"{DAY}/b.csv ": "not a file this lake reads (it ends in '.csv ')",
    f"{DAY}/b.csv.": "without ending",
    f"{DAY} /b.csv": "where the day belongs",
    "sales/orders/2024-01-01.tmp\n": "not a file this lake reads",
}


def fill_folder(root: Path, keys: list[bytes]) -> None:
    for key in keys:
        path = os.path.join(os.fsencode(root), key)  # noqa: PTH118  # names that are no text
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(orders(len(key)))
        os.utime(path, (0, 0))


def fill_bucket(lake: S3Lake, keys: list[str]) -> None:
    for key in keys:
        lake.client.put_object(Bucket=lake.bucket, Key=lake.prefix + key, Body=orders(len(key)))


@pytest.fixture(params=["folder", "s3"])
def strange_lake(request: pytest.FixtureRequest, pipeline: Pipeline) -> tuple[Lake, dict[str, str]]:
    """Two good files of a day among everything that cannot be placed, which comes with what is to be said."""
    if request.param == "s3":
        lake = open_lake(f"s3://{request.getfixturevalue('s3_bucket')}/lake")
        assert isinstance(lake, S3Lake)
        # the server of the tests finds no way to a name with a line break
        bad = {key: what for key, what in (BAD | ELSEWHERE | IN_BUCKETS).items() if "\n" not in key}
        fill_bucket(lake, [*GOOD, *bad])
        pipeline.services.__dict__["lake"] = lake
        return lake, bad
    folder = pipeline.services.lake
    assert isinstance(folder, FolderLake)
    fill_folder(
        folder.root, [key.encode() for key in [*GOOD, *BAD, *ELSEWHERE]] + [f"{DAY}/caf".encode() + b"\xe9.csv"]
    )
    return folder, BAD | ELSEWHERE | {f"{DAY}/caf\\xe9.csv": "a backslash, or a byte that is no UTF-8,"}


def test_every_object_is_loaded_or_told_once(pipeline: Pipeline, strange_lake: tuple[Lake, dict[str, str]]) -> None:
    lake, bad = strange_lake
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("acme_platform.triggers.new_files.SETTLE", timedelta())
        found, again = (look(pipeline.services, pipeline.feed) for _ in range(2))

    assert [one.file.key for one in found.days[day(1)]] == GOOD
    assert again.unplaced == []
    assert len(found.unplaced) == len(bad)
    for key, what in bad.items():
        (said,) = [one for one in found.unplaced if what in one and (shown(key) in one or repr(key) in one)]
        assert said.isprintable()
    told = {row["file"] for row in pipeline.ask("select file from ledger.unplaced")}
    assert told == {shown(key) for key in bad}
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        assert set(take(cursor, lake, pipeline.services.settings.first_day).strange) == set(bad)


def test_the_good_files_beside_them_are_loaded(pipeline: Pipeline, strange_lake: tuple[Lake, dict[str, str]]) -> None:
    lake, _ = strange_lake

    assert [one.key for one in files_of(lake, "sales", ORDERS, day(1))] == GOOD
    assert load(pipeline, lake).files == len(GOOD)
    assert ids(pipeline) == [len(GOOD[0]), len(GOOD[1])]


@pytest.mark.parametrize(
    ("key", "instead"),
    [
        (f"{DAY}/a\\b.csv", f"{DAY}/a_b.csv"),
        (f"{DAY}/a\n\tb.csv", f"{DAY}/a__b.csv"),
        (f"{DAY}/ b.csv", f"{DAY}/b.csv"),
        (f"{DAY}/caf\\xe9.csv", f"{DAY}/caf_xe9.csv"),
    ],
)
def test_a_name_that_cannot_be_used_comes_with_one_that_can(key: str, instead: str) -> None:
    with pytest.raises(MendInput) as caught:
        parse_key(key)

    assert caught.value.message.endswith(f"such as to '{instead}'")
    assert parse_key(instead).part


@pytest.mark.parametrize(
    ("key", "as_shown"),
    [
        ("sales/Ä b.csv", "sales/Ä b.csv"),
        ("a\\b", "a\\b"),
        ("a\nb\x00", "a\\nb\\x00"),
        ("\udce9", "\\udce9"),
        ("e\u0301", "e\u0301"),
        ("x" * MOST_SHOWN, "x" * MOST_SHOWN),
    ],
)
def test_a_key_is_shown_in_one_line(key: str, as_shown: str) -> None:
    assert shown(key) == as_shown


def test_names_too_long_to_show_are_still_told_apart() -> None:
    """The ledger's index takes 2,700 bytes, a path 4,096, and escaped it is four times as long."""
    one, other = (shown("sales/" + "\x07" * 4000 + end) for end in "ab")

    assert one != other
    assert len(one) < 700


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path.parent)


def listening(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as opened, suppress(OSError):
        opened.bind(os.path.relpath(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (link, "a symbolic link"),
        (dangling, "a symbolic link"),
        (loop, "a symbolic link"),
        (os.mkfifo, "a named pipe"),
        (listening, "a socket"),
    ],
)
def test_what_is_no_file_is_told_and_stops_nobody(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], kind: str
) -> None:
    folder = pipeline.services.lake
    assert isinstance(folder, FolderLake)
    fill_folder(folder.root, [key.encode() for key in GOOD])
    monkeypatch.chdir(folder.root / DAY)
    make(folder.root / DAY / "b.csv")
    make(folder.root / DAY / ".hidden.csv")

    arrived = look(pipeline.services, pipeline.feed)

    assert [one.file.key for one in arrived.days[day(1)]] == GOOD
    assert arrived.unplaced == [f"'{DAY}/b.csv' is {kind}, which is not read; deliver the file itself"]
    assert look(pipeline.services, pipeline.feed).unplaced == []
    assert load(pipeline).files == len(GOOD)
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        assert list(take(cursor, folder, pipeline.services.settings.first_day).strange) == [f"{DAY}/b.csv"]


def test_a_folder_that_cannot_be_listed_is_told_once_and_stops_its_own_days_only(
    pipeline: Pipeline, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hides what may be a part of a day, so that day is not filled without it; and nothing is taken for gone."""
    monkeypatch.setattr("acme_platform.triggers.new_files.SETTLE", timedelta())
    folder = pipeline.services.__dict__["lake"] = FolderLake(open_folder)
    closed = open_folder / "sales/orders/2024-01-02"
    fill_folder(open_folder, [one.encode() for one in (*GOOD, "sales/orders/2024-01-02/a.csv")])
    load(pipeline, number=2)
    closed.chmod(0)
    pipeline.services.open_warehouse().close()
    with nobody():
        found, again = (look(pipeline.services, pipeline.feed) for _ in range(2))
        assert load(pipeline, number=1).files == len(GOOD)
        with pytest.raises(MendInput, match=f"{closed} cannot be listed") as refused:
            load(pipeline, number=2)
        with pipeline.services.open_warehouse().transaction("test") as cursor:
            inventory = take(cursor, folder, pipeline.services.settings.first_day)
    closed.chmod(0o755)

    assert list(found.days) == [day(1)]
    (said,) = found.unplaced
    assert f"{closed} cannot be listed" in said
    assert (again.unplaced, found.withdrawn) == ([], [])
    assert refused.value.next_step == "acme run --select raw/sales_orders --days 2024-01-02"
    assert (inventory.strange, inventory.withdrawn, inventory.closed) == ({}, [], [said])
    assert look(pipeline.services, pipeline.feed).unplaced == []


@pytest.mark.parametrize("closed", ["shop/orders", "orders_data"])
def test_a_folder_of_one_table_that_cannot_be_listed_stops_no_other_one(
    shop: Shop, open_folder: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.setattr("acme_platform.triggers.new_files.SETTLE", timedelta())
    services = shop.pipeline.services
    services.__dict__["lake"] = FolderLake(open_folder)
    settled = (datetime.now(UTC) - timedelta(minutes=10)).timestamp()
    for key in ("shop/orders/2024-01-01.csv", "orders_data/orders.csv", "shop/dim_products/2024-01-01.csv"):
        fill_folder(open_folder, [key.encode()])
        os.utime(open_folder / key, (settled, settled))
    (open_folder / closed).chmod(0)
    with nobody():
        arrived = look(services, shop.pipeline.feed)
    (open_folder / closed).chmod(0o755)

    (said,) = arrived.unplaced
    assert f"{open_folder / closed} cannot be listed" in said
    assert list(arrived.waiting) == [day(1)], "the products wait for the orders of their day"


def test_an_object_whose_name_ends_in_a_slash_is_told_only_if_it_holds_something(s3_bucket: str) -> None:
    """Consoles make folders as empty objects of such names."""
    lake = S3Lake(s3_bucket, "")
    for key, body in (("sales/", b""), ("sales/orders/", b"a,b\n")):
        lake.client.put_object(Bucket=s3_bucket, Key=key, Body=body)

    assert [file.key for file in lake.list("")] == ["sales/orders/"]


def test_a_name_that_cannot_be_used_opens_nothing(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path))
    for key in BAD | IN_BUCKETS:
        with pytest.raises(MendInput, match="is not a key of the lake"):
            lake.open(LakeObject(key, 0, "", datetime.now(UTC)))
        with pytest.raises(MendInput, match="is not a key of the lake"):
            lake.put(key, io.BytesIO(b"x"))
