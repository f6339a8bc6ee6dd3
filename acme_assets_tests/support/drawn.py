"""Tables drawn in text, as a test's reader sees them.

    order_id | amount
    101      | 10.00
    102      |

The first line names the columns, an empty cell is a missing value, the order of rows says nothing.

Belongs here: reading, writing and comparing drawings. Not here: where the rows come from (`pipeline.py`).
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence


def columns(drawing: str) -> list[str]:
    return _cells(drawing)[0]


def rows(drawing: str) -> list[dict[str, str]]:
    titles, *lines = _cells(drawing)
    return [dict(zip(titles, line, strict=True)) for line in lines]


def to_csv(drawing: str) -> bytes:
    """The drawing as a delivered file, nothing padded."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_cells(drawing))
    return text.getvalue().encode()


def expect(found: Iterable[Mapping[str, object]], drawing: str) -> None:
    """Fail unless the rows are those drawn, in whatever order; columns that are not drawn do not matter."""
    titles = columns(drawing)
    seen = sorted([_shown(row[title]) for title in titles] for row in found)
    wanted = sorted([row[title] for title in titles] for row in rows(drawing))
    if seen != wanted:
        raise AssertionError(f"found\n{_draw(titles, seen)}\nexpected\n{_draw(titles, wanted)}")


def _cells(drawing: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in drawing.splitlines() if line.strip()]


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _draw(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
    return "\n".join(
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (titles, *lines)
    )
