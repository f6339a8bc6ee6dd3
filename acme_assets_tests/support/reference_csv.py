"""A slow and plain reading of strict CSV, byte by byte, to compare the screen with.

Belongs here: the automaton alone, sharing nothing with the code it judges. Not here: the comparison (`test_screen.py`).
"""

from dataclasses import dataclass
from enum import Enum, auto

QUOTE, COMMA, LF, CR = b'",\n\r'


@dataclass(frozen=True)
class Good:
    """A record that must load, without its line end."""

    raw: bytes


@dataclass(frozen=True)
class Broken:
    """One physical line that must not load, and where it begins."""

    offset: int
    line: bytes


@dataclass(frozen=True)
class Blank:
    """A line of nothing."""


Event = Good | Broken | Blank


class State(Enum):
    """Where in a record the automaton stands."""

    FIELD_START = auto()
    BARE = auto()
    QUOTED = auto()
    #: behind a quote inside a quoted field: it closed the field, or is the first half of a doubled quote
    QUOTE_SEEN = auto()


def read(body: bytes, width: int, longest: int) -> list[Event]:
    """Everything behind the header, in order."""
    if body and not body.endswith(b"\n"):
        body += b"\n"
    events: list[Event] = []
    place = 0
    while place < len(body):
        width_seen, broken_at, end = _record(body, place, longest)
        if broken_at is not None:
            end = body.index(b"\n", broken_at) + 1
        raw = body[place:end]
        if raw in (b"\n", b"\r\n"):
            events.append(Blank())
        elif broken_at is None and width_seen == width and _is_utf8(raw):
            events.append(Good(raw.removesuffix(b"\n").removesuffix(b"\r")))
        else:
            events.extend(_lines(raw, place))
        place = end
    return events


def _record(  # noqa: C901  # one automaton, whole on one page: splitting it would hide what it shows
    body: bytes, start: int, longest: int
) -> tuple[int, int | None, int]:
    """Number of fields and end of the record at `start`, or the place of the byte that breaks it."""
    fields, state = 1, State.FIELD_START
    for place in range(start, len(body)):
        byte = body[place]
        if place - start >= longest:
            return fields, place, 0
        if state is State.QUOTED:
            state = State.QUOTE_SEEN if byte == QUOTE else State.QUOTED
        elif byte == QUOTE and state is not State.BARE:
            state = State.QUOTED
        elif byte == COMMA:
            fields, state = fields + 1, State.FIELD_START
        elif byte == LF:
            return fields, None, place + 1
        elif byte == CR and body[place + 1] == LF:
            continue
        elif byte in (QUOTE, CR) or state is State.QUOTE_SEEN:
            return fields, place, 0
        else:
            state = State.BARE
    return fields, len(body) - 1, 0


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(raw: bytes, offset: int) -> list[Broken]:
    broken = []
    for line in raw.split(b"\n")[:-1]:
        broken.append(Broken(offset, line))
        offset += len(line) + 1
    return broken
