"""The application: addresses, and who answers at each.

Belongs here: the list of addresses, and that every failure becomes a sentence. Not here: the sentences (`refusal.py`).
"""

from collections.abc import Callable, Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from acme_platform.web import api, pages
from acme_platform.web.answers import MOST_ROWS, Answers
from acme_platform.web.door import Door
from acme_platform.web.refusal import Refusal, refusal

Answering = Callable[[Request], Response]


def application(answers: Answers, names: Collection[str] = (), most: int = MOST_ROWS) -> Door:
    """Everything behind its door; `names` are the hosts that it is reached by, besides the loopback's."""
    seen, told = pages.Pages(answers, most), api.Api(answers, most)
    addresses: dict[str, Answering] = {
        "/": seen.home,
        "/questions/{name}.csv": told.csv,
        "/questions/{name}": seen.question,
        "/api": seen.api,
        "/api/questions": told.questions,
        "/api/questions/{name}": told.question,
        "/openapi.json": told.openapi,
    }
    routes = [Route(path, _in_words(answering)) for path, answering in addresses.items()]
    static = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return Door(Starlette(routes=[*routes, static], exception_handlers={404: _lost}), names)


def _in_words(answering: Answering) -> Answering:
    """In a thread of its own, as Starlette runs what is no coroutine: the warehouse is waited for there."""

    def answered(request: Request) -> Response:
        try:
            return answering(request)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            return _refused(request, refusal(error))

    return answered


def _lost(request: Request, _error: Exception) -> Response:
    return _refused(request, Refusal(404, "there is no such page", "the questions are listed at /"))


def _refused(request: Request, said: Refusal) -> Response:
    path = request.url.path
    if path.startswith(("/api/", "/openapi.json")):
        return api.refused(said)
    return api.refused_file(said) if path.endswith(".csv") else pages.refused(request, said)
