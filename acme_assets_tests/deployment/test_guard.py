"""The guard before Dagster's UI: who is turned away, and that Dagster's own pages are not.

Dagster's real webserver stands behind it, over an instance of its own.
"""

import json
import resource
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import chain
from threading import Thread
from urllib.parse import urlencode

import dagster as dg
import pytest
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context

from acme_platform.config.settings import Settings
from acme_platform.deployment.entrance.request_limit import HEADER_BYTES, Limits, PromptProtocol, server_options
from acme_platform.deployment.processes import LOOPBACK, free_port
from acme_platform.deployment.webserver_guard import Guard
from acme_platform.errors import UsageError

EVIL = "http://evil.example"
SWITCHING = 101
#: harmless, and it changes something: the nux is a dialog of the UI
MUTATION = "mutation { setNuxSeen }"
QUESTION = "{ version }"
MOST = 100_000


class Hurried(PromptProtocol):
    """With as little patience as a test has."""

    seconds = 1.0


Query = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class UI:
    """The webserver, asked as a browser asks."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def get(self, path: str, query: Query | None = None, **headers: str) -> tuple[int, str]:
        return self._ask("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path, b"", headers)

    def post(self, path: str, query: str, **headers: str) -> tuple[int, str]:
        headers = {"Content-Type": "application/json", **headers}
        return self._ask("POST", path, json.dumps({"query": query}).encode(), headers)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        with closing(HTTPConnection(LOOPBACK, self.port, timeout=30)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, "" if answer.status == SWITCHING else answer.read().decode()


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UI]:
    home = str(tmp_path_factory.mktemp("dagster"))
    with (
        dg.DagsterInstance.local_temp(home) as instance,
        WorkspaceProcessContext(instance, None, dg.__version__) as context,
    ):
        app = Guard(Limits(create_app_from_workspace_process_context(context), MOST, 2.0), ["data.acme.example"])
        options = server_options(MOST) | {"http": Hurried}
        server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=free_port(), log_level="critical", **options))
        thread = Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield UI(server.config.port)
        server.should_exit = True
        thread.join()


def test_the_ui_asks_and_changes_as_ever(ui: UI) -> None:
    assert ui.get("/")[0] == 200
    for headers in ({}, {"Origin": ui.origin}):
        for query in (QUESTION, MUTATION):
            status, answer = ui.post("/graphql", query, **headers)
            assert (status, "errors" in json.loads(answer)) == (200, False)
    assert json.loads(ui.get("/graphql", {"query": QUESTION})[1]) == {"data": {"version": dg.__version__}}


@pytest.mark.parametrize(
    "query",
    [
        MUTATION,
        f"query a {QUESTION} {MUTATION.replace('mutation', 'mutation b')}",
        f"# a comment\n,,{MUTATION}",
        f"fragment f on Query {QUESTION} {MUTATION}",
    ],
)
def test_a_mutation_by_get_is_refused(ui: UI, query: str) -> None:
    """An image of a foreign page is a GET that names no origin."""
    status, answer = ui.get("/graphql", {"query": query, "operationName": "b"})
    assert status == 403
    assert "a mutation by GET" in answer


def test_a_mutation_by_get_is_refused_whichever_of_several_queries_dagster_takes(ui: UI) -> None:
    for queries in ([QUESTION, MUTATION], [MUTATION, QUESTION]):
        assert ui.get("/graphql", {"query": queries})[0] == 403


def test_what_nobody_can_read_is_left_to_dagster(ui: UI) -> None:
    assert ui.get("/graphql", {"query": "mutation {"})[0] == 400


@pytest.mark.parametrize("origin", [EVIL, "null", "http://127.0.0.1:1", "http://localhost:3000", "http://[", ""])
def test_a_page_of_another_origin_is_refused(ui: UI, origin: str) -> None:
    """Another port is another page, and so is another name."""
    for path in ("/graphql", "/report_asset_materialization/raw/sales_orders"):
        status, answer = ui.post(path, QUESTION, Origin=origin)
        assert status == 403
        assert "is not ours" in answer


HOST_OF_NOBODY = (
    *("evil.example", "evil.example:3000", "127.0.0.1.evil.example", "", "[", "0.0.0.0"),  # noqa: S104  # a name that is refused
    *("evil@127.0.0.1:3000", "user:word@localhost", "@127.0.0.1", "127.0.0.1/evil", "127.0.0.1?x", "127.0.0.1#x"),
    *("127.0.0.1:port", "127.0.0.1, x"),
)


@pytest.mark.parametrize("host", HOST_OF_NOBODY)
def test_a_foreign_name_is_refused(ui: UI, host: str) -> None:
    """Whoever owns the name points it to 127.0.0.1, and the browser takes the page for one of the same origin."""
    status, answer = ui.get("/server_info", Host=host)
    assert status == 403
    assert "ACME_UI_HOSTS" in answer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:3000", "LOCALHOST:1", "[::1]:3000", "data.acme.example"])
def test_the_names_of_this_machine_and_those_of_the_setting_are_let_in(ui: UI, host: str) -> None:
    assert ui.get("/server_info", Host=host)[0] == 200


def test_a_proxy_may_put_its_own_name_in_the_place_of_the_one_that_the_browser_asked_for(ui: UI) -> None:
    assert ui.post("/graphql", QUESTION, Host="127.0.0.1:3000", Origin="https://data.acme.example")[0] == 200


def test_a_websocket_of_a_foreign_page_is_refused(ui: UI) -> None:
    """Browsers let any page open one, and read what comes."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Protocol": "graphql-ws",
    }
    assert ui.get("/graphql", None, **upgrade, Origin=ui.origin)[0] == SWITCHING
    assert ui.get("/graphql", None, **upgrade, Origin=EVIL)[0] == 403


def said(ui: UI, sent: Iterable[bytes], pause: float = 0.0) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection((LOOPBACK, ui.port), timeout=20) as wire:
        with suppress(ConnectionError):
            for part in sent:
                wire.sendall(part)
                time.sleep(pause)
        answer = b""
        with suppress(ConnectionError):
            while part := wire.recv(65536):
                answer += part
        return answer


def head(*lines: str, target: str = "/graphql", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode()


HERE, JSON, CHUNKED = "Host: localhost", "Content-Type: application/json", "Transfer-Encoding: chunked"


def chunks(size: int) -> Iterator[bytes]:
    piece = 50_000
    for _ in range(size // piece):
        yield b"%x\r\n%s\r\n" % (piece, b" " * piece)


def test_a_body_of_the_greatest_size_is_taken(ui: UI) -> None:
    padding = " " * (MOST - len(json.dumps({"query": QUESTION})))
    assert ui.post("/graphql", QUESTION + padding)[0] == 200


def test_a_body_that_says_that_it_is_larger_is_refused_before_it_comes(ui: UI) -> None:
    """The rest is not waited for."""
    answer = said(ui, [head(HERE, JSON, "Content-Length: 300000000")])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"ACME_UI_MAX_BODY_KB" in answer


def test_a_body_that_grows_larger_is_refused_while_it_comes(ui: UI) -> None:
    """300 MB of it cost no memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said(ui, chain([head(HERE, JSON, CHUNKED)], chunks(300_000_000)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
    assert said(ui, chain([head(HERE, JSON, CHUNKED)], chunks(150_000))).startswith(b"HTTP/1.1 413 ")
    assert ui.get("/server_info")[0] == 200


@pytest.mark.slow
def test_a_body_that_does_not_come_is_not_waited_for(ui: UI) -> None:
    began = time.monotonic()
    assert said(ui, [head(HERE, JSON, "Content-Length: 50"), b"{"]).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 15


@pytest.mark.few(1)
@pytest.mark.parametrize("sent", [[], [b"GET / HT"], [b"GET / HTTP/1.1\r\n", *[b"A: b\r\n"] * 20]])
def test_headers_that_do_not_come_are_not_waited_for(ui: UI, sent: list[bytes]) -> None:
    """However often a byte of them comes."""
    began = time.monotonic()
    assert said(ui, sent, pause=0.2) == b""
    assert time.monotonic() - began < 15


def test_headers_have_a_greatest_size(ui: UI) -> None:
    assert said(ui, [head(HERE, "A: " + "b" * 2 * HEADER_BYTES)]).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ("/server_info", ["Host: localhost", "Host: evil.example"]),
        ("/server_info", ["Host: evil.example", "Host: localhost"]),
        ("http://evil.example/server_info", ["Host: localhost"]),
        ("localhost:80", ["Host: localhost"]),
        ("/server_info", []),
    ],
)
def test_a_request_that_names_two_hosts_or_none_is_refused(ui: UI, target: str, hosts: list[str]) -> None:
    answer = said(ui, [head(*hosts, "Connection: close", target=target, method="GET")])
    assert answer.split()[1] in (b"400", b"403")


def test_the_names_are_a_setting() -> None:
    assert Settings.from_env({"ACME_UI_HOSTS": " Data.acme.example, ui "}).ui_hosts == ("data.acme.example", "ui")
    for text in ("https://data.acme.example", "data.acme.example:443", "*"):
        with pytest.raises(UsageError, match="ACME_UI_HOSTS"):
            Settings.from_env({"ACME_UI_HOSTS": text})
