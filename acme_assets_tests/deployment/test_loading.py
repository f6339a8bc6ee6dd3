"""Definitions that are not there yet, and such as never will be: what the webserver says while `acme up` waits."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from acme_platform.deployment.processes import UNREACHED, Processes
from acme_platform.errors import AcmeError


class Webserver(BaseHTTPRequestHandler):
    """Says of the code location what it is told to."""

    message = ""

    def do_GET(self) -> None:  # http.server's
        location = {"loadStatus": "LOADED", "locationOrLoadError": {"message": self.message}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"workspaceOrError": {"locationEntries": [location]}}}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with HTTPServer(("127.0.0.1", 0), Webserver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Processes({}, server.server_port, tmp_path)
        server.shutdown()


def test_a_code_server_that_is_not_reached_yet_is_waited_for(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webserver, "message", f"DagsterUserCodeUnreachableError: {UNREACHED}. gRPC Error: UNAVAILABLE")

    assert not processes._loaded()


def test_definitions_that_cannot_be_loaded_are_told_at_once(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Webserver, "message", "MendInput: sql/staging/x.sql is not SQL")

    with pytest.raises(AcmeError, match=r"sql/staging/x\.sql is not SQL"):
        processes._loaded()
