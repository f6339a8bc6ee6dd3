"""The first line of a delivered file: which declared column stands where.

Belongs here: matching the names a file has with the names a table declares. Not here: the rows (`screen.py`).
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.grammar import FIELDS
from acme_platform.ingest.csv.line_endings import UNICODE
from acme_platform.ingest.csv.reject import readable
from acme_platform.values.blank import bare

#: what separates columns elsewhere
OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
#: undeclared columns beside the declared ones; more of them is another table's file
MOST_EXTRA = 50
SHOWN = 200
MEND = "mend the header (or the sender's export) and deliver the file again"


class EmptyFile(RefusedFile):
    """A file of no bytes: refused alone, harmless as a part beside full ones."""


@dataclass(frozen=True)
class Header:
    """The columns of a file, from left to right.

    `in_file_order` has every column's name in SQL: the declared one, or an invented one for an undeclared column.
    `extra` has title and invented name of the undeclared columns.
    """

    in_file_order: tuple[str, ...]
    extra: tuple[tuple[str, str], ...]

    @property
    def extra_names(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.extra)

    @property
    def width(self) -> int:
        return len(self.in_file_order)


def read_header(line: bytes, file: str, declared: Sequence[str]) -> Header:
    """The header in `line` (with its line end). RefusedFile says what was seen and what was expected.

    Names are compared bare (`blank.py`) and without regard to case; order is free and further columns are welcome.
    """
    titles = _titles(line, file, declared)
    _refuse_missing(titles, file, declared)
    _refuse_doubtful(titles, file)
    by_name = {name.casefold(): name for name in declared}
    extra = {
        title: f"extra column {number}" for number, title in enumerate(titles, 1) if title.casefold() not in by_name
    }
    if len(extra) > MOST_EXTRA:
        raise _refused(file, f"{len(extra)} columns are not declared; is it another table's file?")
    return Header(tuple(extra.get(title) or by_name[title.casefold()] for title in titles), tuple(extra.items()))


def own_titles(line: bytes, file: str) -> list[str]:
    """The names of a file that nobody declared yet. Raises RefusedFile where they cannot be told apart."""
    titles = _titles(line, file, ("one name a column",))
    if len(titles) == 1 and (guess := _guess(titles[0])):
        raise _refused(file, f"one column seen, {_short(titles[0])}{guess}")
    _refuse_doubtful(titles, file)
    return titles


def _titles(line: bytes, file: str, declared: Sequence[str]) -> list[str]:
    text = line.rstrip(b"\r\n")
    if not FIELDS.fullmatch(text):
        raise _refused(file, f"its header has a stray quote: {_short(text)}; expected {_listed(declared)}")
    try:
        titles = next(csv.reader([text.decode()], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(file, f"its header cannot be read ({error}): {_short(text)}") from error
    return [bare(title) for title in titles]


def _refuse_missing(titles: Sequence[str], file: str, declared: Sequence[str]) -> None:
    seen = {title.casefold() for title in titles}
    missing = [name for name in declared if name.casefold() not in seen]
    if not missing:
        return
    if odd := next((odd for mark, odd in UNICODE.items() if mark in "".join(titles)), None):
        raise _refused(file, odd.said(file))
    if len(titles) == 1 < len(declared):
        raise _refused(file, f"one column seen, {_short(titles[0])}{_guess(titles[0])}; expected {_listed(declared)}")
    if len(missing) == len(declared):
        hint = "; is the header missing?"
        raise _refused(file, f"its first line names none of the columns {_listed(declared)}: {_listed(titles)}{hint}")
    raise _refused(file, f"columns missing: {_listed(missing)}; seen {_listed(titles)}")


def _refuse_doubtful(titles: Sequence[str], file: str) -> None:
    if "" in titles:
        raise _refused(file, f"column {titles.index('') + 1} has no name; seen {_listed(titles)}")
    twice = [title for title, times in Counter(title.casefold() for title in titles).items() if times > 1]
    if twice:
        raise _refused(file, f"columns named twice: {_listed(twice)}; seen {_listed(titles)}")


def _guess(title: str) -> str:
    delimiters = [name for delimiter, name in OTHER_DELIMITERS.items() if delimiter in title]
    return f", which looks separated by {delimiters[0]} instead of commas" if delimiters else ""


def _listed(names: Sequence[str]) -> str:
    return _short(", ".join(name or "(blank)" for name in names) or "(a blank line)")


def _short(text: str | bytes) -> str:
    shown = readable(text) if isinstance(text, bytes) else text
    return repr(shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…")


def _refused(file: str, what: str) -> RefusedFile:
    return RefusedFile(f"{file}: {what}", MEND)
