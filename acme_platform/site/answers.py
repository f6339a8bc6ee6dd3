"""Newest answers of the questions, for their pages.

Belongs here: asking each of them, whatever becomes of the others. Not here: how a page shows them (`pages.py`).
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from acme_platform.errors import UsageError
from acme_platform.model.lineage import upstream
from acme_platform.rendering import drawing
from acme_platform.rendering.plan import NoPicture
from acme_platform.services import Services
from acme_platform.serving.live_question import LiveQuestion
from acme_platform.serving.question import Question, every_question
from acme_platform.warehouse.written_sql import WrongSql

#: rows that a page shows
SHOWN = 100


@dataclass(frozen=True)
class Answered:
    """A question and its newest answer."""

    question: Question | LiveQuestion
    #: full names of the tables that it reads
    reads: tuple[str, ...]
    as_of: date | None
    #: None where there is no answer
    answer: pd.DataFrame | None
    #: why there is none
    why_not: str = ""

    @property
    def sql(self) -> str:
        """As written; a view's select is that of its table."""
        return self.question.file.select if isinstance(self.question, Question) else self.question.table.sql.select

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """The first of them."""
        return [] if self.answer is None else list(self.answer.head(SHOWN).itertuples(index=False, name=None))

    @property
    def picture(self) -> str:
        """As SVG; empty where it has none, or where nothing can be drawn."""
        if self.answer is None or not drawing.can_draw():
            return ""
        try:
            return drawing.svg(self.answer, self.question.name)
        except NoPicture:
            return ""


def answered(services: Services) -> list[Answered]:
    """Every question but the views of past days, whose rows stand on the pages of their tables."""
    return [
        answer_of(services, question)
        for question in every_question().values()
        if isinstance(question, Question) or question.part == "today"
    ]


def answer_of(services: Services, question: Question | LiveQuestion) -> Answered:
    """Its newest answer, or why there is none; what passes by itself, as a lost connection, is raised."""
    reads = upstream(question.file) if isinstance(question, Question) else (question.table.full_name,)
    warehouse = services.open_warehouse()
    try:
        as_of = question.newest_day(warehouse)
        return Answered(question, reads, as_of, question.ask(warehouse, as_of, {}))
    except UsageError as error:
        return Answered(question, reads, None, None, error.message)
    except WrongSql:
        # what the server says of it names the server
        return Answered(question, reads, None, None, f"its SQL fails; acme query {question.name} says why")
