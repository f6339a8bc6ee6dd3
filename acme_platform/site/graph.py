"""The graph of tables: which stands where when it is drawn, from what arrives on the left to what is served.

Belongs here: places of boxes and arrows. Not here: how they look (`templates/`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from acme_platform.model.table import Table
from acme_platform.registry import catalog

WIDTH, HEIGHT, ACROSS, DOWN = 196, 40, 232, 54


@dataclass(frozen=True)
class Box:
    """A feed or a table, at the place of its upper left corner."""

    name: str
    layer: str
    x: int
    y: int


@dataclass(frozen=True)
class Arrow:
    """From the right of one box to the left of another."""

    source: Box
    target: Box

    @property
    def path(self) -> str:
        """A curve, as SVG writes it."""
        x, y = self.source.x + WIDTH, self.source.y + HEIGHT // 2
        to_x, to_y = self.target.x, self.target.y + HEIGHT // 2
        middle = (x + to_x) // 2
        return f"M{x},{y} C{middle},{y} {middle},{to_y} {to_x},{to_y}"


@dataclass(frozen=True)
class Graph:
    """Boxes and arrows, and the size of the whole."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def width(self) -> int:
        return max((box.x for box in self.boxes), default=0) + WIDTH

    @property
    def height(self) -> int:
        return max((box.y for box in self.boxes), default=0) + HEIGHT


def graph(tables: Iterable[Table]) -> Graph:
    """Of these tables, with the feeds that deliver to them."""
    shown = {table.full_name: table for table in tables}
    reads = {name: _reads(table, shown) for name, table in shown.items()}
    reads |= {feed: () for sources in list(reads.values()) for feed in sources if feed not in shown}
    boxes = {box.name: box for box in _placed(_columns(reads), reads)}
    arrows = [Arrow(boxes[source], boxes[name]) for name, sources in reads.items() for source in sources]
    return Graph(tuple(boxes.values()), tuple(arrows))


def around(table: Table) -> Graph:
    """Of the table, everything that it is made of, and everything made of it."""
    return graph({one.full_name: one for one in (*_above(table), table, *_below(table))}.values())


def _above(table: Table) -> list[Table]:
    direct = [catalog.table(name) for name in table.upstream]
    return [found for one in direct for found in (*_above(one), one)]


def _below(table: Table) -> list[Table]:
    return [found for one in catalog.downstream(table.full_name) for found in (one, *_below(one))]


def _reads(table: Table, shown: dict[str, Table]) -> tuple[str, ...]:
    if table.layer.is_loaded:
        return (catalog.feed_with(table.full_name).name,)
    return tuple(name for name in table.upstream if name in shown)


def _columns(reads: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """Each as far to the right as its longest way from a feed."""
    far: dict[str, int] = {}

    def distance(name: str) -> int:
        if name not in far:
            far[name] = 1 + max(map(distance, reads[name]), default=-1)
        return far[name]

    columns: list[list[str]] = []
    for name in sorted(reads, key=distance):
        columns.extend([] for _ in range(distance(name) + 1 - len(columns)))
        columns[distance(name)].append(name)
    return columns


def _placed(columns: list[list[str]], reads: dict[str, tuple[str, ...]]) -> list[Box]:
    """In each column in the order of what they read, so that arrows cross seldom."""
    placed: dict[str, Box] = {}
    for number, column in enumerate(columns):
        heights = {name: _mean([placed[source].y for source in reads[name]]) for name in column}
        free = 0
        for name in sorted(column, key=lambda one: heights[one]):
            layer = name.partition(".")[0] if "." in name else "feed"
            # as high as what it reads, below what stands there
            free = max(free, int(heights[name]) // DOWN * DOWN)
            placed[name] = Box(name, layer, number * ACROSS, free)
            free += DOWN
    return list(placed.values())


def _mean(heights: list[int]) -> float:
    return sum(heights) / len(heights) if heights else 0
