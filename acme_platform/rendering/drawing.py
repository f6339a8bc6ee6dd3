"""Drawing: plans become pictures, by Vega-Lite, without a browser and without the network.

Belongs here: how pictures look. Not here: what is drawn (`plan.py`), pages (`site/`).

Two looks: a page's, in the colours of the page that it stands in, dark ones too, and a file's, on white.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acme_platform.errors import MendInput, UsageError
from acme_platform.rendering.plan import NoPicture, Plan, plan

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

PACKAGES = ("altair", "vl_convert")
MISSING = "altair and vl-convert-python are not installed"
INSTALL = "make charts, or pip install altair vl-convert-python"
ENDINGS = (".svg", ".png")
WIDTH, LINE_HEIGHT, BAR_STEP, TICKS = 520, 160, 22, 8
#: what XML has no room for: over one in a text that it measures, Vega's engine ends the whole process
UNDRAWABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: a reader's letters may be wider than those that Vega measured
PADDING = {"left": 28, "right": 28, "top": 6, "bottom": 6}


@dataclass(frozen=True)
class Look:
    """The colours of a picture; the last are those of its lines."""

    ground: str
    text: str
    faint: str
    series: tuple[str, ...]


#: told apart by people who see few colours, too (Okabe and Ito)
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8a6d3b", "#6b7280", "#b91c1c")
ON_PAGE = Look("transparent", "currentColor", "var(--faint)", ("var(--series)", *SERIES[1:]))
ON_WHITE = Look("#ffffff", "#1f2328", "#d0d7de", SERIES)


@cache
def can_draw() -> bool:
    """Whether the packages are installed."""
    return all(find_spec(package) for package in PACKAGES)


def refuse_without() -> None:
    """Raise MendInput where the packages are not installed."""
    if not can_draw():
        raise MendInput(MISSING, INSTALL)


def svg(answer: "pd.DataFrame", name: str) -> str:
    """The picture of an answer, to stand in a page. Raises NoPicture where the answer has none."""
    return _rendered(_chart(answer, plan(answer, name), ON_PAGE))


def svg_of_days(numbers: Sequence[tuple[date, int]], what: str) -> str:
    """A number a day, to stand in a page."""
    import pandas as pd  # noqa: PLC0415

    answer = pd.DataFrame(list(numbers), columns=["day", what], dtype=object)
    return _rendered(_chart(answer, Plan("line", "day", (), (what,), len(answer)), ON_PAGE))


def write(answer: "pd.DataFrame", name: str, target: Path) -> Path:
    """The picture as a file, whole or not at all; its ending says which kind."""
    refuse_unknown(target)
    refuse_without()
    chart = _chart(answer, plan(answer, name), ON_WHITE)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    try:
        unfinished.write_bytes(_png(chart) if target.suffix == ".png" else _rendered(chart).encode())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def refuse_unknown(target: Path) -> None:
    """Raise UsageError where the file's name does not say which picture it should hold."""
    if target.suffix not in ENDINGS:
        raise UsageError(f"{target.name} ends in neither .svg nor .png", f"write it like {target.stem}.svg")


def _rendered(chart: "alt.VConcatChart") -> str:
    import vl_convert  # noqa: PLC0415  # takes a tenth of a second

    try:
        return str(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)))
    except ValueError as error:
        raise _no_picture("Vega cannot draw it") from error


def _png(chart: "alt.VConcatChart") -> bytes:
    import vl_convert  # noqa: PLC0415

    try:
        return bytes(vl_convert.vegalite_to_png(chart.to_dict(validate=False), scale=2))
    except ValueError as error:
        raise _no_picture("Vega cannot draw it") from error


def _no_picture(why: str) -> NoPicture:
    return NoPicture(f"the answer has no picture: {why}", "acme query, without --chart")


def _chart(answer: "pd.DataFrame", drawn: Plan, look: Look) -> "alt.VConcatChart":
    from altair.utils.schemapi import debug_mode  # noqa: PLC0415  # takes a second to import

    # Each part of a picture is otherwise judged by Vega's schema, which takes longer than drawing it.
    with debug_mode(False):
        return _composed(answer, drawn, look)


def _composed(answer: "pd.DataFrame", drawn: Plan, look: Look) -> "alt.VConcatChart":
    import altair as alt  # noqa: PLC0415

    rows = _rows(answer, drawn)
    panel = _line if drawn.kind == "line" else _bars
    panels = [panel(rows, number, drawn, look) for number in drawn.numbers]
    left_out = f"the first {drawn.rows:,} of {len(answer):,} rows" if drawn.rows < len(answer) else ""
    chart = alt.vconcat(*panels, title=alt.TitleParams(left_out, color=look.text, fontSize=11, fontWeight="normal"))
    return _styled(chart, look)


def _rows(answer: "pd.DataFrame", drawn: Plan) -> "alt.InlineData":
    """Short names of our own for the columns: in Vega a dot or a bracket of a name would be a path."""
    import altair as alt  # noqa: PLC0415

    first = answer.head(drawn.rows)
    if any(map(UNDRAWABLE.search, (*answer.columns, *(str(one) for name in drawn.names for one in first[name])))):
        raise _no_picture("a text of it holds a character that is none, like an escape")
    values: list[dict[str, Any]] = [
        {
            "day": _moment(row[drawn.day]) if drawn.day else None,
            "name": " · ".join("(empty)" if row[name] is None else str(row[name]) for name in drawn.names),
            **{f"n{place}": _float(row[number]) for place, number in enumerate(drawn.numbers)},
        }
        for row in first.to_dict("records")
    ]
    return alt.InlineData(values=values)


def _moment(value: object) -> str | None:
    """As Vega reads it, for which a time without a zone would be one of this machine's."""
    if not isinstance(value, date):
        return None
    return f"{value.isoformat()}{'Z' if isinstance(value, datetime) and value.tzinfo is None else ''}"


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def _line(rows: "alt.InlineData", number: str, drawn: Plan, look: Look) -> "alt.Chart":
    import altair as alt  # noqa: PLC0415

    axis = alt.Axis(format="%Y-%m-%d", labelAngle=-40, grid=False, values=_ticks(rows))
    encoding: dict[str, Any] = {
        "x": alt.X("day:T", title=drawn.day, axis=axis, scale=alt.Scale(type="utc")),
        "y": alt.Y(_field(number, drawn), title=number, axis=_axis(rows, number, drawn)),
    }
    if drawn.names:
        colours = alt.Scale(range=list(look.series))
        encoding["color"] = alt.Color("name:N", title=" · ".join(drawn.names), scale=colours, sort=None)
    # with a colour of its own a mark would ignore that of its name
    colour: dict[str, Any] = {} if drawn.names else {"color": look.series[0]}
    marks = alt.Chart(rows).mark_line(point={"size": 24, **colour}, **colour)
    panel: alt.Chart = marks.encode(**encoding).properties(width=WIDTH, height=LINE_HEIGHT)
    return panel


def _ticks(rows: "alt.InlineData") -> "list[alt.DateTime]":
    """Some eight days at most, evenly apart; left alone, Vega writes a day twice where there are few."""
    import altair as alt  # noqa: PLC0415

    days = sorted({date.fromisoformat(row["day"][:10]) for row in rows.to_dict()["values"] if row["day"]})
    step = timedelta(days=math.ceil(((days[-1] - days[0]).days + 1) / TICKS))
    ticks = [days[0] + number * step for number in range(TICKS) if days[0] + number * step <= days[-1]]
    return [alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True) for day in ticks]


def _bars(rows: "alt.InlineData", number: str, drawn: Plan, look: Look) -> "alt.Chart":
    import altair as alt  # noqa: PLC0415

    panel: alt.Chart = (
        alt.Chart(rows)
        .mark_bar(color=look.series[0])
        .encode(
            x=alt.X(_field(number, drawn), title=number, axis=_axis(rows, number, drawn)),
            y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=180)),
        )
        .properties(width=WIDTH - 160, height=alt.Step(BAR_STEP))
    )
    return panel


def _axis(rows: "alt.InlineData", number: str, drawn: Plan) -> "alt.Axis":
    """Of whole numbers only whole ones."""
    import altair as alt  # noqa: PLC0415

    values = [row[f"n{drawn.numbers.index(number)}"] for row in rows.to_dict()["values"]]
    is_whole = all(value is None or value.is_integer() for value in values)
    return alt.Axis(tickCount=5, tickMinStep=1, format=",d") if is_whole else alt.Axis(tickCount=5)


def _field(number: str, drawn: Plan) -> str:
    return f"n{drawn.numbers.index(number)}:Q"


def _styled(chart: "alt.VConcatChart", look: Look) -> "alt.VConcatChart":
    text: dict[str, Any] = {"labelColor": look.text, "titleColor": look.text, "labelFontSize": 11, "titleFontSize": 11}
    lines: dict[str, Any] = {"gridColor": look.faint, "domainColor": look.faint, "tickColor": look.faint}
    styled: alt.VConcatChart = (
        chart.configure(background=look.ground, padding=PADDING)
        .configure_axis(titleFontWeight="normal", **text, **lines)
        .configure_legend(titleFontWeight="normal", **text)
        .configure_view(stroke=None)
    )
    return styled
