"""The lake: the same promises in a folder and in S3."""

import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from acme_assets_tests.rights import nobody
from acme_platform.errors import MendInput, TryAgain
from acme_platform.lake import Lake, LakeObject, open_lake
from acme_platform.lake.folder import FolderLake
from acme_platform.lake.s3 import S3Lake

KEY = "sales/orders/2024-01-02.csv"


@pytest.fixture(params=["folder", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return open_lake(str(tmp_path / "lake"))
    return open_lake(f"s3://{request.getfixturevalue('s3_bucket')}/the/lake")


def put(lake: Lake, key: str, content: bytes = b"a,b\n") -> LakeObject:
    return lake.put(key, io.BytesIO(content))


def read(lake: Lake, file: LakeObject) -> bytes:
    with lake.open(file) as stream:
        return stream.read()


def named(key: str, size: int = 0) -> LakeObject:
    """An object somebody else says they saw."""
    return LakeObject(key, size, "1", datetime(2024, 1, 2, tzinfo=UTC))


def test_what_was_put_is_listed_found_and_read(lake: Lake) -> None:
    stored = put(lake, KEY, b"a,b\n1,2\n")

    assert (stored.key, stored.size) == (KEY, 8)
    assert list(lake.list("sales/")) == [stored]
    assert lake.stat(KEY) == stored
    assert read(lake, stored) == b"a,b\n1,2\n"
    assert lake.unchanged(stored)


def test_a_lake_where_nothing_was_put_lists_nothing(lake: Lake) -> None:
    assert list(lake.list("")) == []
    assert list(lake.list("sales/orders/")) == []
    assert lake.stat(KEY) is None


def test_keys_come_sorted_and_begin_with_the_prefix(lake: Lake) -> None:
    """`-` and `.` sort before `/`: a folder stands where its full names belong, in S3's order."""
    keys = ["a-b/1.csv", "a.csv", "a/1.csv", "a/2/x.csv", "a/2024-01-02.csv", "a/2024-01-02/p.csv", "b/1.csv", "é.csv"]
    for key in reversed(keys):
        put(lake, key)

    assert [file.key for file in lake.list("")] == keys
    assert [file.key for file in lake.list("a/")] == keys[2:6]
    assert [file.key for file in lake.list("a/2024-01-02")] == keys[4:6]
    assert [file.key for file in lake.list("a/2024-01-02/")] == keys[5:6]
    assert [file.key for file in lake.list("a/1.csv")] == ["a/1.csv"]


def test_names_that_senders_use_while_they_write_are_not_listed(lake: Lake) -> None:
    for key in [".hidden.csv", "_tmp/a.csv", "a.csv.tmp", "a.csv.part", "a.csv.crdownload", "a.csv~", "a/.b/c.csv"]:
        put(lake, key)
    put(lake, "seen_.csv")

    assert [file.key for file in lake.list("")] == ["seen_.csv"]


def test_a_replaced_object_is_another_object(lake: Lake) -> None:
    first = put(lake, KEY, b"a,b\n1,2\n")
    second = put(lake, KEY, b"a,b\n1,3\n")

    assert first.etag != second.etag
    assert not lake.unchanged(first)
    assert lake.unchanged(second)
    with pytest.raises(TryAgain, match="was replaced since it was found"):
        read(lake, first)


def test_an_object_that_went_away_is_worth_another_try(lake: Lake, tmp_path: Path) -> None:
    stored = put(lake, KEY)
    if isinstance(lake, S3Lake):
        lake.client.delete_object(Bucket=lake.bucket, Key=f"{lake.prefix}{KEY}")
    else:
        (tmp_path / "lake" / KEY).unlink()

    assert not lake.unchanged(stored)
    with pytest.raises(TryAgain, match="is gone"):
        read(lake, stored)


BAD_KEYS = (
    "",
    ".",
    "..",
    "../x.csv",
    "a/../../x.csv",
    "a/./x.csv",
    "/etc/x.csv",
    "a//x.csv",
    "a/",
    "a\\..\\x.csv",
    "a\0.csv",
)


def test_no_key_leads_out_of_the_lake(lake: Lake, tmp_path: Path) -> None:
    uses: list[Callable[[str], object]] = [lake.stat, lambda key: put(lake, key), lambda key: lake.open(named(key))]
    for key in BAD_KEYS:
        for use in uses:
            with pytest.raises(MendInput, match="is not a key of the lake"):
                use(key)

    assert not list(tmp_path.rglob("*.csv"))


def test_addresses_are_those_people_know(tmp_path: Path, s3_bucket: str) -> None:
    assert open_lake(str(tmp_path)).uri(KEY) == str(tmp_path / KEY)
    assert open_lake(f"file://{tmp_path}").uri(KEY) == str(tmp_path / KEY)
    assert open_lake(f"s3://{s3_bucket}/the/lake/").uri(KEY) == f"s3://{s3_bucket}/the/lake/{KEY}"
    assert open_lake(f"s3://{s3_bucket}").uri(KEY) == f"s3://{s3_bucket}/{KEY}"


# --- the folder ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def test_readers_of_a_folder_never_see_half_a_file(folder: FolderLake) -> None:
    """While it is written it is not listed; a source that breaks leaves the old file and nothing else."""

    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if data := super().read(size):
                return data
            assert [file.key for file in folder.list("")] == [KEY]
            raise ConnectionResetError("cable pulled")

    before = put(folder, KEY, b"old")
    with pytest.raises(TryAgain):
        folder.put(KEY, Breaking(b"new"))

    assert folder.stat(KEY) == before
    assert [path.name for path in folder.root.rglob("*") if path.is_file()] == ["2024-01-02.csv"]


def test_a_file_that_grows_while_it_is_read_is_noticed(folder: FolderLake) -> None:
    found = put(folder, KEY, b"a,b\n1,2\n")
    with folder.open(found) as stream:
        stream.read(4)
        with (folder.root / KEY).open("ab") as file:
            file.write(b"3,4\n")

    assert not folder.unchanged(found)


def test_links_in_a_folder_are_neither_listed_nor_followed(folder: FolderLake, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.csv").write_text("a,b\n")
    put(folder, "a/1.csv")
    (folder.root / "link.csv").symlink_to(tmp_path / "secret" / "x.csv")
    (folder.root / "links").symlink_to(tmp_path / "secret")
    (folder.root / "a" / "loop").symlink_to(folder.root)

    assert [file.key for file in folder.list("")] == ["a/1.csv"]
    for key in ("link.csv", "links/x.csv", "a/loop/a/1.csv"):
        with pytest.raises(MendInput, match="symbolic link"):
            folder.stat(key)
    with pytest.raises(MendInput, match="symbolic link"):
        put(folder, "links/y.csv")


def test_what_is_no_file_is_no_object(folder: FolderLake) -> None:
    folder.root.mkdir()
    os.mkfifo(folder.root / "pipe.csv")
    (folder.root / "folder.csv").mkdir()

    assert list(folder.list("")) == []
    assert folder.stat("pipe.csv") is None
    assert folder.stat("folder.csv") is None
    assert folder.stat("folder.csv/x.csv") is None


def test_a_name_that_is_not_utf8_is_listed_as_text_and_opens_nothing(folder: FolderLake) -> None:
    folder.root.mkdir()
    (folder.root / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"a,b\n")

    [file] = folder.list("")

    assert file.key == "caf\\xe9.csv"
    with pytest.raises(MendInput, match="is not a key of the lake"):
        folder.open(file)


def test_a_folder_that_cannot_be_listed_is_one_object_that_says_so(open_folder: Path) -> None:
    folder = FolderLake(open_folder)
    for key in ("sales/customers/2024-01-02.csv", KEY, "sales/orders/2024-01-03/a.csv", "sales/users/1.csv"):
        put(folder, key)
    before = [file.key for file in folder.list("")]
    for closed in ("sales/orders/2024-01-03/", "sales/orders/", "sales/", ""):
        (open_folder / closed).chmod(0)
        with nobody():
            files = list(folder.list(""))
            assert list(folder.others("")) == []
        (open_folder / closed).chmod(0o755)
        assert [one.key for one in files] == sorted([*(one for one in before if not one.startswith(closed)), closed])
        (said,) = [one.closed for one in files if one.closed]
        assert str(open_folder / closed) in said


@pytest.mark.parametrize("rights", [0o000, 0o444, 0o111])
def test_whatever_right_a_folder_lacks_it_stops_nobody(open_folder: Path, rights: int) -> None:
    folder = FolderLake(open_folder)
    for key in ("sales/orders/2024-01-02/a.csv", "sales/orders/2024-01-03.csv"):
        put(folder, key)
    (open_folder / "sales/orders/2024-01-02").chmod(rights)
    with nobody():
        assert [file.key for file in folder.list("sales/")] == [
            "sales/orders/2024-01-02/",
            "sales/orders/2024-01-03.csv",
        ]


# --- S3 ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_listing_goes_on_behind_the_first_page(s3_bucket: str) -> None:
    lake = S3Lake(s3_bucket, "")
    keys = [f"sales/orders/2024-01-0{n}.csv" for n in range(1, 6)]
    for key in keys:
        put(lake, key)

    def two_a_page(params: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401  # botocore's hook
        return params | {"MaxKeys": 2}

    lake.client.meta.events.register("provide-client-params.s3.ListObjectsV2", two_a_page)

    assert [file.key for file in lake.list("sales/")] == keys


def test_folders_made_by_consoles_are_no_objects(s3_bucket: str) -> None:
    lake = S3Lake(s3_bucket, "lake")
    lake.client.put_object(Bucket=s3_bucket, Key="lake/sales/", Body=b"")

    assert list(lake.list("")) == []


def test_a_missing_bucket_is_for_a_person_to_mend(s3_bucket: str) -> None:
    with pytest.raises(MendInput, match="the bucket does not exist"):
        list(S3Lake(f"{s3_bucket}-not", "").list(""))


def test_a_bucket_name_that_cannot_be_is_for_a_person_to_mend(s3_bucket: str) -> None:
    with pytest.raises(MendInput, match="cannot be asked for"):
        list(S3Lake(f"{s3_bucket} {s3_bucket}", "").list(""))


@pytest.mark.slow
def test_missing_credentials_are_for_a_person_to_mend(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(MendInput, match="credentials"):
        list(S3Lake(s3_bucket, "").list(""))


Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    """An S3 server that says what the test puts into the list, the last of it again and again."""
    request.getfixturevalue("s3_bucket")  # for its AWS_* variables
    script: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (script.pop(0) if len(script) > 1 else script[0])(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


def error(status: int, code: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def half_a_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.send_header("ETag", '"1"')
    handler.end_headers()
    handler.wfile.write(b"x" * 500)


@pytest.mark.slow
@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (400, "RequestTimeout")])
def test_a_server_that_is_not_ready_is_worth_another_try(answers: list[Answer], status: int, code: str) -> None:
    answers.append(error(status, code))
    with pytest.raises(TryAgain, match=code):
        S3Lake("bucket", "").open(named(KEY))


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (403, "SignatureDoesNotMatch")])
def test_a_server_that_refuses_is_for_a_person_to_mend(answers: list[Answer], status: int, code: str) -> None:
    answers.append(error(status, code))
    with pytest.raises(MendInput, match=f"the server refuses.*{code}"):
        list(S3Lake("bucket", "").list(""))


def test_a_body_that_ends_too_early_is_worth_another_try(answers: list[Answer]) -> None:
    answers.append(half_a_body)
    with pytest.raises(TryAgain, match=r"the connection to s3://bucket/.* failed"):
        read(S3Lake("bucket", ""), named(KEY, 1000))


def test_a_server_that_is_not_there_is_worth_another_try(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(TryAgain, match="failed"):
            list(S3Lake(s3_bucket, "").list(""))


@pytest.mark.slow
def test_unsigned_requests_are_sent_only_when_asked_for(answers: list[Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    signed: list[bool] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        signed.append("Authorization" in handler.headers)
        error(403, "AccessDenied")(handler)

    answers.append(answer)
    with pytest.raises(MendInput):
        list(S3Lake("bucket", "").list(""))
    monkeypatch.setenv("AWS_NO_SIGN_REQUEST", "1")
    with pytest.raises(MendInput):
        list(S3Lake("bucket", "").list(""))

    assert signed == [True, False]
