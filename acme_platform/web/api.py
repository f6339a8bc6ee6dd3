"""The interface for programs: the same questions and answers as JSON, and answers as CSV files.

Belongs here: their spelling. Not here: pages (`pages.py`), what the interface says of itself (`openapi.py`).

Numbers keep every digit: a decimal is a string, as `acme query --format json` writes it.
"""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from acme_platform.serving.question import every_question
from acme_platform.web.age import Age
from acme_platform.web.answers import MOST_ROWS, Answer, Answers, CsvFile
from acme_platform.web.openapi import described, document
from acme_platform.web.refusal import Refusal
from acme_platform.web.request import asked


@dataclass(frozen=True)
class Api:
    """The interface over one warehouse."""

    answers: Answers
    #: rows of an answer as JSON
    most: int = MOST_ROWS

    def questions(self, _request: Request) -> Response:
        return said({"questions": [described(known) for known in every_question().values()]})

    def question(self, request: Request) -> Response:
        return said(_answer(self.answers.ask(asked(request), self.most)))

    def openapi(self, _request: Request) -> Response:
        return said(document())

    def csv(self, request: Request) -> Response:
        wanted = asked(request)
        file = self.answers.file(wanted)
        name = "_".join(map(str, filter(None, (wanted.question.name, file.age.day))))
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        if request.method == "HEAD":
            file.close()
            return Response(None, headers=headers, media_type="text/csv")
        return _Streamed(file, headers)


class _Streamed(StreamingResponse):
    """A file that gives its turn back, also when whoever asked for it has gone."""

    def __init__(self, file: CsvFile, headers: Mapping[str, str]) -> None:
        super().__init__(file.parts, headers=headers, media_type="text/csv")
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # in a thread, and not waited for: a block may just be fetched, and this task may be canceled
            asyncio.get_running_loop().run_in_executor(None, self._file.close)


def refused(said_instead: Refusal) -> Response:
    """The sentence as JSON."""
    return said({"error": said_instead.message, "next": said_instead.next_step}, said_instead)


def refused_file(said_instead: Refusal) -> Response:
    """The sentence as text: it must not look like a file."""
    text = f"{said_instead.message}\n{said_instead.next_step}\n"
    return PlainTextResponse(text, said_instead.status, said_instead.headers)


def said(what: object, refusal: Refusal | None = None) -> Response:
    status, headers = (refusal.status, refusal.headers) if refusal else (200, {})
    return Response(json.dumps(what, default=str, allow_nan=False), status, headers, "application/json")


def _answer(answer: Answer) -> dict[str, Any]:
    columns = answer.asked.question.columns
    return {
        "question": answer.asked.question.name,
        "day": answer.age.day,
        "parameters": dict(answer.asked.given),
        "row_count": answer.count,
        "is_cut": answer.is_cut,
        "age": _age(answer.age),
        "rows": [dict(zip(columns, map(_exact, row), strict=True)) for row in answer.rows],
    }


def _age(age: Age) -> dict[str, Any]:
    return {
        "newest_day": age.newest,
        "filled_at": age.filled_at.isoformat(),
        "is_trusted": age.is_trusted,
        "red": age.red,
        "warned": age.warned,
        "unjudged": age.unjudged,
    }


def _exact(value: object) -> object:
    """JSON has no infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
