"""The pages: name of a file -> its text.

Belongs here: which pages there are and what each is given. Not here: how they look (`templates/`), what they say
(`facts.py`, `answers.py`), writing them (`folder.py`).

All of them stand beside each other, and each finds the others by their names alone. What comes from data is escaped by
the templates; only pictures, whose texts Vega escapes, are taken as they are.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from acme_platform.model.company import company
from acme_platform.rendering import drawing
from acme_platform.site.answers import SHOWN, Answered
from acme_platform.site.facts import Facts, TableFacts, rhythm
from acme_platform.site.graph import around, graph

#: of row counts, those that a page lists
DAYS = 60


def pages(facts: Facts, answers: list[Answered]) -> Iterator[tuple[str, str]]:
    """One for each feed, table and question, the first page, and what all of them share."""
    shared = {"facts": facts, "answers": answers, "company": _title()}
    everything = graph(one.table for one in facts.tables.values())
    yield "index.html", _render("index.html", **shared, graph=everything)
    for feed in facts.feeds:
        of_feed = [one for one in facts.tables.values() if one.feed is feed]
        drawn = graph(one.table for one in of_feed)
        yield page_of("feed", feed.name), _render("feed.html", **shared, feed=feed, tables=of_feed, graph=drawn)
    for one in facts.tables.values():
        asked = [answer for answer in answers if one.table.full_name in answer.reads]
        plot = Markup(_plot(one))  # noqa: S704  # drawn from numbers and days
        given = {"it": one, "graph": around(one.table), "asked": asked, "plot": plot}
        yield page_of("table", one.table.full_name), _render("table.html", **shared, **given)
    for answer in answers:
        picture = Markup(answer.picture)  # noqa: S704  # Vega escapes its texts
        name = page_of("question", answer.question.name)
        yield name, _render("question.html", **shared, it=answer, picture=picture)
    yield "style.css", _render("style.css")
    yield "search.js", _render("search.js", index=json.dumps(list(_index(facts, answers))))


def page_of(kind: str, name: str) -> str:
    """The file of a feed's, a table's or a question's page."""
    return f"{kind}-{name}.html"


def _title() -> str:
    return company().name.removesuffix("_assets").replace("_", " ").upper()


def _index(facts: Facts, answers: Iterable[Answered]) -> Iterator[tuple[str, str, str, str]]:
    """(kind, name, page, words) of whatever can be searched for."""
    for feed in facts.feeds:
        yield "feed", feed.name, _href("feed", feed.name), f"{feed.description} {feed.owner}"
    for name, one in facts.tables.items():
        columns = " ".join(f"{column.name} {column.meaning}" for column in one.columns)
        checks = " ".join(check.name for check in one.checks)
        yield "table", name, _href("table", name), f"{one.table.sql.comment} {columns} {checks}"
    for answer in answers:
        asked = answer.question
        yield "question", asked.name, _href("question", asked.name), asked.meaning


def _plot(one: TableFacts) -> str:
    return drawing.svg_of_days(one.row_counts, "rows") if one.row_counts and drawing.can_draw() else ""


def _href(kind: str, name: str) -> str:
    return quote(page_of(kind, name))


def _render(template: str, **given: object) -> str:
    return _environment().get_template(template).render(**given)


@cache
def _environment() -> Environment:
    """Markup is escaped in pages, and texts of JavaScript stand as JSON."""
    made = Environment(
        loader=PackageLoader("acme_platform.site"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(href=_href, rhythm=rhythm, SHOWN=SHOWN, DAYS=DAYS)
    made.filters.update(value=_value, moment=_moment, is_number=_is_number, broken_row=_broken_row)
    return made


def _value(value: object) -> str:
    return "" if value is None else str(value)


def _broken_row(row: dict[str, object], columns: list[str]) -> list[object]:
    return [row.get(column) for column in columns]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _moment(value: date | datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value or "never")
