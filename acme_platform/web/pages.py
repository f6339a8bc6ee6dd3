"""Pages: the questions, and an answer as a chart and a table.

Belongs here: what a person sees in the browser. Not here: programs (`api.py`), asking (`answers.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from acme_platform.cursor import Cursor
from acme_platform.ledger.filled_days import NeverFilled
from acme_platform.serving.live_question import LiveQuestion
from acme_platform.serving.question import Question, every_question
from acme_platform.web.age import Age, age
from acme_platform.web.answers import MOST_ROWS, Answer, Answers
from acme_platform.web.charts import chart
from acme_platform.web.openapi import document
from acme_platform.web.refusal import Refusal
from acme_platform.web.request import asked

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Pages:
    """The pages over one warehouse."""

    answers: Answers
    #: rows of a page
    most: int = MOST_ROWS

    def home(self, _request: Request) -> Response:
        with self.answers.snapshot() as cursor:
            listed = [(known, _newest_age(cursor, known)) for known in every_question().values()]
        return page("home.html", listed=listed)

    def question(self, request: Request) -> Response:
        answer = self.answers.ask(asked(request), self.most)
        shown = {"answer": answer, "question": answer.asked.question, "chart": chart(answer)}
        return page("answer.html", **shown, numeric=_numeric(answer))

    def api(self, _request: Request) -> Response:
        return page("api.html", document=document())


def refused(request: Request, said: Refusal) -> Response:
    """The sentence, with the question's form where there is such a question."""
    name = request.path_params.get("name", "")
    known = every_question().get(name)
    shown = page("refused.html", said=said, question=known, given=dict(request.query_params))
    return Response(shown.body, said.status, said.headers, "text/html")


def page(template: str, **values: Any) -> HTMLResponse:  # noqa: ANN401  # whatever the template asks for
    return HTMLResponse(TEMPLATES.get_template(template).render(**values))


def _newest_age(cursor: Cursor, known: Question | LiveQuestion) -> Age | None:
    """None where nothing was filled yet."""
    try:
        return age(cursor, known, None)
    except NeverFilled:
        return None


def _numeric(answer: Answer) -> list[bool]:
    """Of each column, whether it is aligned as numbers are."""
    return [
        all(isinstance(value, int | float | Decimal | None) for value in column)
        for column in zip(*answer.rows, strict=True)
    ]


def _link(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


TEMPLATES.globals["link"] = _link
