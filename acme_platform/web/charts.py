"""Charts: the picture of an answer, to stand in its page.

Belongs here: bounds, and what a page says where it has no chart. Not here: which answers can be drawn
(`rendering/plan.py`), how they look (`rendering/drawing.py`).

Inline, and so in the colours of the page, by day and by night: a picture of its own address would be asked for a second
time, and could show another answer than the table beside it.
"""

import threading
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from acme_platform.rendering import drawing
from acme_platform.rendering.plan import NoPicture, Plan, plan
from acme_platform.web.answers import Answer

#: points and bars of a chart, which half a second draws
MOST_MARKS = 1_000
#: one chart is drawn at a time; the next ones wait so long at most
TURN_SECONDS = 3.0

_turn = threading.Lock()


@dataclass(frozen=True)
class Chart:
    """A picture, or why there is none; neither, where the answer is nothing that could be drawn."""

    #: markup
    picture: str = ""
    why_not: str = ""


def chart(answer: Answer) -> Chart:
    """Of a whole answer: the first rows of a longer one may look like something that it is not."""
    name = answer.asked.question.name
    frame = pd.DataFrame(answer.rows, columns=answer.asked.question.columns, dtype=object)
    try:
        drawn = plan(frame, name)
    except NoPicture:
        return Chart()
    return Chart(why_not=f"No chart: {why}") if (why := _why_not(answer, drawn)) else _drawn(frame, name)


def _why_not(answer: Answer, drawn: Plan) -> str:
    if not drawing.can_draw():
        return f"{drawing.MISSING}; {drawing.INSTALL}"
    marks = drawn.rows * len(drawn.numbers)
    if answer.is_cut or marks > MOST_MARKS:
        return f"the answer is too long for one here; acme query {answer.asked.question.name} --chart FILE.svg"
    return ""


def _drawn(frame: pd.DataFrame, name: str) -> Chart:
    if not _turn.acquire(timeout=TURN_SECONDS):
        return Chart(why_not="No chart just now: others are being drawn; ask again in a few seconds")
    try:
        return Chart(Markup(drawing.svg(frame, name)))  # noqa: S704  # Vega escapes its texts
    except NoPicture:
        return Chart()
    finally:
        _turn.release()
