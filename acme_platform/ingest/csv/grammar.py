"""One record of a CSV file, judged exactly: good, or what is wrong with it and where the next one begins.

Belongs here: the grammar, as regular expressions of one record. Not here: how blocks of good records are recognised
without looking at each (`vectorized.py`), counting (`screen.py`).

The grammar is RFC 4180 taken strictly, because every leniency loads somebody's shifted columns as data:

    record = field *("," field) line-end          line-end = LF | CR LF
    field  = bare | quoted                        bare     = any bytes but comma, quote, CR, LF
                                                  quoted   = quote *(any byte but quote | quote quote) quote

    A quote opens only at the start of a field and closes only at its end; anything else is illegal. An illegal byte
    breaks its record: all lines from the record's first to the one with that byte. The next line begins a new record.
    A quote that is never closed takes all lines up to the end of the file or to `longest` bytes with it.
"""

import re
from dataclasses import dataclass

from acme_platform.wording import count

QUOTED = rb'"(?:[^"]++|"")*+"'
FIELD = rb"(?:" + QUOTED + rb'|[^",\r\n]*+)'
FIELDS = re.compile(FIELD + rb"(?:," + FIELD + rb")*+")
LINE_END = re.compile(rb"\r?\n")
QUOTED_FIELDS = re.compile(QUOTED)
LATIN_1_LETTERS = 0xC0
OTHER_LINE_END = "a line break of another kind than the file's"
DOUBLED = re.compile(rb"\r\r+\n")
QUOTE, CR, COMMA = b'"', b"\r", b","


@dataclass(frozen=True)
class Record:
    """The bytes from where it was looked for up to `end`; `fault` says what is wrong with it, "" is a good one."""

    end: int
    fault: str = ""


@dataclass(frozen=True)
class Grammar:
    """`width` fields a record, at most `longest` bytes including its line end."""

    width: int
    longest: int

    def read(self, data: bytes, start: int, *, final: bool) -> Record | None:
        """The record at `start` of `data`, which ends in LF; None when more than `data` is needed to judge it.

        `final` says that nothing follows `data`.
        """
        limit = min(len(data), start + self.longest)
        stop = _end_of_fields(data, start, limit)
        line_end = LINE_END.match(data, stop, limit)
        if line_end:
            return Record(line_end.end(), self._fault_inside(data[start:stop]))
        if stop < limit and not _opens(data, start, stop):
            return Record(data.index(b"\n", stop) + 1, _fault_at(data, start, stop))
        if len(data) > start + self.longest:
            return Record(data.index(b"\n", start + self.longest) + 1, f"longer than {self.longest:,} bytes")
        return Record(len(data), f"{_field(data, start, stop)} opens a quote that is never closed") if final else None

    def _fault_inside(self, record: bytes) -> str:
        """What is wrong with the fields of a record whose quotes are right."""
        seen = _count(record)
        if seen != self.width:
            return f"{count(seen, 'field')} where {self.width} are expected"
        try:
            record.decode()
        except UnicodeDecodeError as error:
            return _not_utf8(record, error)
        return ""


def _end_of_fields(data: bytes, start: int, limit: int) -> int:
    return next(FIELDS.finditer(data, start, limit)).end()


def _opens(data: bytes, start: int, stop: int) -> bool:
    """True when the grammar stopped at a quote that opens a field: it found no end of that field."""
    return data[stop : stop + 1] == QUOTE and (stop == start or data[stop - 1 : stop] == COMMA)


def _fault_at(data: bytes, start: int, stop: int) -> str:
    where = _field(data, start, stop)
    if data[stop : stop + 1] == CR:
        doubled = DOUBLED.match(data, stop)
        return f"{where} ends in CR CR LF, {OTHER_LINE_END}" if doubled else f"{where} ends in {OTHER_LINE_END}"
    return (
        f"{where} has text after its closing quote" if data[stop - 1 : stop] == QUOTE else f"{where} has a quote inside"
    )


def _field(data: bytes, start: int, stop: int) -> str:
    return f"field {_count(data[start:stop])}"


def _count(fields: bytes) -> int:
    return QUOTED_FIELDS.sub(b"", fields).count(COMMA) + 1


def _not_utf8(record: bytes, error: UnicodeDecodeError) -> str:
    byte, follower = record[error.start], record[error.start + 1 : error.start + 2]
    guess = "; looks like Latin-1" if byte >= LATIN_1_LETTERS and follower.isascii() else ""
    return (
        f"field {_count(record[: error.start])}: byte 0x{byte:02X} at {error.start} of the record is not UTF-8{guess}"
    )
