"""Bars: each figure as a share of what was promised, as SVG that needs nobody's library.

Belongs here: drawing. A bar that reaches the line at 1 kept its promise; longer is better, whichever way it is bounded.
"""

from html import escape
from typing import Any

LINE, LEFT, WIDTH, MOST = 26, 330, 420, 3.0
KEPT, MISSED = "#2a7f62", "#c0453a"


def bars(scenarios: dict[str, dict[str, Any]]) -> str:
    """One bar for each scenario that was measured."""
    shown = {name: figures for name, figures in scenarios.items() if "value" in figures}
    height = LINE * (len(shown) + 2)
    promised = LEFT + WIDTH / MOST
    body = "".join(_bar(number, name, figures) for number, (name, figures) in enumerate(shown.items(), 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 110}" height="{height}"'
        ' font-family="sans-serif" font-size="13">\n'
        '<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{promised}" y="{LINE - 10}" text-anchor="middle">promised</text>\n{body}'
        f'<line x1="{promised}" x2="{promised}" y1="{LINE - 4}" y2="{height - LINE}" stroke="black"/>\n</svg>\n'
    )


def _bar(number: int, name: str, figures: dict[str, Any]) -> str:
    reached = share(figures["value"], figures["promise"])
    top, length = number * LINE, WIDTH * min(reached, MOST) / MOST
    unit = figures["promise"]["unit"]
    return (
        f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(name)}</text>\n'
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="20" fill="{KEPT if reached >= 1 else MISSED}"/>\n'
        f'<text x="{LEFT + length + 6:.1f}" y="{top + 15}">{figures["value"]:.3g} {escape(unit)}</text>\n'
    )


def share(value: float, promise: dict[str, Any]) -> float:
    """1 is exactly what was promised, more is better."""
    ratio: float = value / promise["firm"] if promise["bound"] == "at least" else promise["firm"] / value
    return ratio
