"""The guard before Dagster's UI: who is turned away, and that Dagster's own pages are not.

Dagster's real webserver stands behind it, over an instance of its own.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import urlencode

import dagster as dg
import pytest
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context

from acme_assets.errors import UsageError
from acme_assets.guard import Guard
from acme_assets.processes import LOOPBACK, free_port
from acme_assets.settings import Settings

EVIL = "http://evil.example"
SWITCHING = 101
#: harmless, and it changes something: the nux is a dialog of the UI
MUTATION = "mutation { setNuxSeen }"
QUESTION = "{ version }"


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
        app = Guard(create_app_from_workspace_process_context(context), ["data.acme.example"])
        server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=free_port(), log_level="critical"))
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


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "", "[", "0.0.0.0"])  # noqa: S104  # a name that is refused
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


def test_the_names_are_a_setting() -> None:
    assert Settings.from_env({"ACME_UI_HOSTS": " Data.acme.example, ui "}).ui_hosts == ("data.acme.example", "ui")
    for text in ("https://data.acme.example", "data.acme.example:443", "*"):
        with pytest.raises(UsageError, match="ACME_UI_HOSTS"):
            Settings.from_env({"ACME_UI_HOSTS": text})
