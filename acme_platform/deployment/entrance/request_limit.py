"""Limits of requests to the UI: how large they may be, and how slow.

Belongs here: what a request may cost before anybody has looked at it. Not here: who may ask (`webserver_guard.py`).

Dagster reads a body to its end before it looks at it. Its server limits neither bodies nor headers, nor how long they
take. So a POST of 300 MB was held in memory, and connections that say nothing stayed for ever.
"""

import asyncio
from typing import Any

import h11
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

#: all headers of a request together
HEADER_BYTES = 64 << 10
HEADER_SECONDS, BODY_SECONDS = 10.0, 30.0


class Limits:
    """An ASGI application in front of another one. What is refused is not read to its end: the connection closes."""

    def __init__(self, app: ASGIApp, body_bytes: int, body_seconds: float = BODY_SECONDS) -> None:
        self._app, self._body_bytes, self._body_seconds = app, body_bytes, body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._body_bytes, self._body_seconds)
        if not _announces_more(scope, self._body_bytes):
            await body.pass_to(self._app, scope)
        else:
            body.refusal = _too_large(self._body_bytes)
        if body.refusal and not body.is_answered:
            await body.refusal(scope, receive, send)


class _Body:
    """The body of one request, counted while it comes."""

    def __init__(self, receive: Receive, send: Send, most: int, seconds: float) -> None:
        self._receive, self._send, self._most = receive, send, most
        self._until = asyncio.get_running_loop().time() + seconds
        self._bytes, self._is_whole = 0, False
        self.refusal: PlainTextResponse | None = None
        self.is_answered = False

    async def pass_to(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except _Refused:
            return
        except Exception:
            # what Dagster makes of a request that was cut off is of no interest
            if not self.refusal:
                raise

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refusal = _closing("the request took too long\n", 408)
            raise _Refused from None
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > self._most:
            self.refusal = _too_large(self._most)
            raise _Refused
        return message

    async def send(self, message: Message) -> None:
        """An answer to what was refused is not the one that counts."""
        if not self.refusal:
            self.is_answered = True
            await self._send(message)


class _Refused(Exception):  # nobody but this module sees it
    """The request goes no further."""


def _announces_more(scope: Scope, most: int) -> bool:
    """The server has made sure that it is a number."""
    return any(name == b"content-length" and int(value) > most for name, value in scope["headers"])


def _too_large(most: int) -> PlainTextResponse:
    return _closing(f"refused: a request has at most {most:,} bytes; ACME_UI_MAX_BODY_KB sets that\n", 413)


def _closing(text: str, status: int) -> PlainTextResponse:
    return PlainTextResponse(text, status, {"Connection": "close"})


class PromptProtocol(H11Protocol):
    """The server's protocol, which ends a connection whose headers do not come."""

    _late: asyncio.TimerHandle | None = None
    seconds = HEADER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base class does
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """From the first byte of a request to its last header, however many packets they come in."""
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(self.seconds, self.transport.close)

    def _stop(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None


def server_options(body_bytes: int) -> dict[str, Any]:
    """Of uvicorn. h11 is the stricter of its parsers, and the one that bounds headers."""
    return {"http": PromptProtocol, "h11_max_incomplete_event_size": HEADER_BYTES, "ws_max_size": body_bytes}
