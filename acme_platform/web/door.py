"""The door: which requests come in, and what every answer tells the browser.

Belongs here: hosts, methods, the size of an address, headers. Not here: questions (`pages.py`, `api.py`).
"""

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acme_platform.deployment.entrance.own_host import foreign

#: bytes of a path with its parameters
LONGEST = 8_000
#: nothing runs in a page, and nothing comes from elsewhere
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Door:
    """An ASGI application in front of another one, which only reads; `names` are its hosts besides the loopback's."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app, self._names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer: ASGIApp = self._refused(HTTPConnection(scope)) or self._app

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await answer(scope, receive, sent)

    def _refused(self, request: HTTPConnection) -> PlainTextResponse | None:
        if why := foreign(request, self._names):
            return _closing(why, HTTPStatus.FORBIDDEN)
        if request.scope["method"] not in ("GET", "HEAD"):
            return _closing("answers are read here, by GET, and nothing else", HTTPStatus.METHOD_NOT_ALLOWED)
        if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
            return _closing("a question has no body; write it into the address", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > LONGEST:
            why = f"an address has at most {LONGEST:,} bytes; write less into it"
            return _closing(why, HTTPStatus.REQUEST_URI_TOO_LONG)
        return None


def _closing(why: str, status: HTTPStatus) -> PlainTextResponse:
    """What follows on the connection is not read."""
    allowed = {"Allow": "GET, HEAD"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
    return PlainTextResponse(f"refused: {why}\n", status, {"Connection": "close", **allowed})
