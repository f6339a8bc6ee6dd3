"""An S3 server that misbehaves: what a good one says, passed on with faults.

    refused      so many of a hundred requests are answered 500 or 503
    truncated    so many of a hundred bodies of objects end in their middle
    overtaken    when an object is asked for, its sender has just put another one under its name

Belongs here: passing on. Not here: the good server (moto, `conftest.py`), what must hold (`test_bad_network.py`).
"""

import http.client
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ERRORS = ((500, "InternalError"), (503, "SlowDown"))
#: said of the connection to us, not of the one to the good server
OF_THE_CONNECTION = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class BadS3:
    """The faults, which may be changed at any time, and how often each struck."""

    good: str
    refused: int = 0
    truncated: int = 0
    #: called with the path of an object before it is read
    overtaken: Callable[[str], object] = field(default=lambda _path: None)
    url: str = ""
    struck: list[str] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(20240101))  # noqa: S311  # the same in every run

    def strikes(self, share: int, what: str) -> bool:
        strikes = self._chance.random() * 100 < share
        if strikes:
            self.struck.append(what)
        return strikes

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        is_object = request.command == "GET" and urlsplit(request.path).path.endswith(".csv")
        if self.strikes(self.refused, "refused"):
            status, code = self._chance.choice(ERRORS)
            said = f"<Error><Code>{code}</Code><Message>not now</Message></Error>".encode()
            _send(request, status, [], b"" if request.command == "HEAD" else said, len(said))
            return
        if is_object:
            self.overtaken(urlsplit(request.path).path)
        good = http.client.HTTPConnection(urlsplit(self.good).netloc, timeout=30)
        good.request(request.command, request.path, body, dict(request.headers))
        answer = good.getresponse()
        content = answer.read()
        size = int(answer.getheader("Content-Length") or len(content))
        is_cut = is_object and content and self.strikes(self.truncated, "truncated")
        _send(request, answer.status, answer.getheaders(), content[: len(content) // 2] if is_cut else content, size)
        good.close()


def _send(
    request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes, size: int
) -> None:
    request.send_response(status)
    for name, value in headers:
        if name.lower() not in OF_THE_CONNECTION:
            request.send_header(name, value)
    request.send_header("Content-Length", str(size))
    request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(content)
    request.close_connection = True


@contextmanager
def before(good: str) -> Iterator[BadS3]:
    """A bad server in front of the good one, until the end of the block."""
    bad = BadS3(good)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            bad.answer(self)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815  # the library's names

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    bad.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield bad
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
