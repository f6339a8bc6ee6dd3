"""The document of a SQL file's tests: `sql/<folder>/<name>.test.md`, beside `<name>.sql`.

    ## Of two customers with as many orders the lower number stands first

    Given `analytics.customer_pending_orders_agg` on 2024-01-02

    | customer_id | order_count |
    |-------------|-------------|
    | 8           | 3           |
    | 7           | 3           |

    Expect

    | place | customer_id |
    |-------|-------------|
    | 1     | 7           |
    | 2     | 8           |

A heading is the name of a case. What is given above the first `##` is given in every case. Other words are for people.

Belongs here: where documents are, and what they say. Not here: running a case (`bench.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from acme_platform.day import exact_day
from acme_platform.errors import MendInput, UsageError
from acme_platform.model.company import company
from acme_platform.model.sql_file import SqlFile, sql_file
from acme_platform.testing import drawing
from acme_platform.testing.drawing import Drawing

ENDING = ".test.md"
OPENING = re.compile(r"(Given|Expect)\b(.*)")
ON = re.compile(r" on (\d{4}-\d{2}-\d{2})\b")
NAMED = re.compile(r"^ `([\w./]+)`")
PARAMETER = re.compile(r" with ((?:`?\w+`? = [^,]+(?:, )?)+)")
HOW = "write `Given `layer.table` on 2024-01-02`, `Expect on 2024-01-02` or `Expect nothing`, and a table below"


@dataclass(frozen=True)
class Section:
    """A line that begins with Given or Expect, and the table below it."""

    where: str
    #: full name; of an expectation empty for the file itself
    table: str
    day: date | None
    drawing: Drawing | None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What is given, and what is expected then."""

    file: SqlFile
    name: str
    where: str
    given: tuple[Section, ...] = ()
    expected: tuple[Section, ...] = ()
    #: above the first `##`: what is given there is given in every case
    is_title: bool = True

    @property
    def day(self) -> date:
        """Of what names none itself: the first one that the case names."""
        named = [section.day for section in (*self.expected, *self.given) if section.day]
        if not named:
            raise MendInput(f"{self.where}: the case names no day", "write `Expect on 2024-01-02`")
        return named[0]

    @property
    def is_vacuous(self) -> bool:
        """Whatever the SQL says, it would hold."""
        drawings = [section.drawing for section in (*self.given, *self.expected)]
        return not any(drawing.rows for drawing in drawings if drawing)

    def __str__(self) -> str:
        return f"{self.file.folder}.{self.file.name}: {self.name}"


def paths() -> list[Path]:
    """Every document of the project."""
    return sorted(company().sql.glob(f"*/*{ENDING}"))


def path_of(file: SqlFile) -> Path:
    return file.path.with_name(f"{file.name}{ENDING}")


def cases(path: Path) -> list[Case]:
    """The cases of a document. Raises MendInput where it cannot be read, and where it expects nothing of anything."""
    file = sql_file(path.parent.name, path.name.removesuffix(ENDING))
    where = f"sql/{file.folder}/{path.name}"
    found = list(_cases(file, where, path.read_text(encoding="utf-8").splitlines()))
    shared = tuple(section for case in found if case.is_title and not case.expected for section in case.given)
    real = [replace(case, given=(*shared, *case.given)) for case in found if case.expected]
    if idle := next((case for case in found if case.given and not case.expected and not case.is_title), None):
        raise MendInput(f"{idle.where}: the case {idle.name!r} expects nothing said", HOW)
    if not real:
        raise MendInput(f"{where} holds no case", HOW)
    if vacuous := next((case for case in real if case.is_vacuous), None):
        raise MendInput(f"{vacuous.where}: of nothing the case expects nothing", "draw rows that could be found")
    return real


def _cases(file: SqlFile, where: str, lines: list[str]) -> Iterator[Case]:
    """Also those of a heading with nothing below it."""
    case = Case(file, file.name, f"{where}:1")
    for number, line in enumerate(lines, 1):
        place = f"{where}:{number}"
        if line.startswith("#"):
            if case.given or case.expected or number > 1:
                yield case
            case = Case(file, line.lstrip("#").strip(), place, is_title=not line.startswith("##"))
        elif opening := OPENING.match(line):
            section = _section(opening[2], opening[1], place, _below(lines, number, where))
            if opening[1] == "Given":
                case = replace(case, given=(*case.given, section))
            else:
                case = replace(case, expected=(*case.expected, section))
        elif drawing.is_line(line) and not _belongs(lines, number):
            raise MendInput(f"{place}: a table stands below neither Given nor Expect", HOW)
    yield case


def _section(words: str, kind: str, where: str, below: Drawing | None) -> Section:
    rest, named, on, given = words.rstrip(" :."), NAMED.match(words), ON.search(words), PARAMETER.search(words)
    for known in (named, given, on):
        rest = rest.replace(known[0].rstrip(" :."), "", 1) if known else rest
    is_nothing = rest.strip() == "nothing" and kind == "Expect"
    if (rest.strip() and not is_nothing) or (kind == "Given" and not named) or (below is None) != is_nothing:
        raise MendInput(f"{where}: cannot read {(kind + words)!r}", HOW)
    pairs = [pair.partition(" = ") for pair in given[1].rstrip(" :.").split(", ")] if given else []
    table = named[1].replace("/", ".") if named else ""
    try:
        day = exact_day(on[1]) if on else None
    except UsageError as error:
        raise MendInput(f"{where}: {error.message}", error.next_step) from error
    return Section(where, table, day, below, {name.strip("` "): value.strip() for name, _, value in pairs})


def _below(lines: list[str], number: int, where: str) -> Drawing | None:
    """The table below that line, before anything else but blank lines."""
    first = next((n for n in range(number, len(lines)) if lines[n].strip()), len(lines))
    last = next((n for n in range(first, len(lines)) if not drawing.is_line(lines[n])), len(lines))
    if first == last:
        return None
    try:
        return drawing.read(lines[first:last])
    except ValueError as error:
        offset, said = error.args
        raise MendInput(f"{where}:{first + offset + 1}: {said}", "draw one cell a column") from error


def _belongs(lines: list[str], number: int) -> bool:
    """Whether the nearest line above that is neither blank nor of a table opens a section."""
    above = (line for line in reversed(lines[: number - 1]) if line.strip() and not drawing.is_line(line))
    return bool(OPENING.match(next(above, "")))
