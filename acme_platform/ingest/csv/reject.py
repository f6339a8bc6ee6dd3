"""A broken line, as the quarantine will keep it.

Belongs here: the value and how bytes become text that can be stored. Not here: judging lines (`record.py`).
"""

from dataclasses import dataclass

#: a quarantined line keeps this many bytes; the offset leads to the rest
MOST_BYTES = 4096
#: one of very many
FEW_BYTES = 256


@dataclass(frozen=True)
class Reject:
    """One physical line that was not loaded. `line` and `row_number` count from 1, `offset` in bytes of the content."""

    row_number: int
    line: int
    offset: int
    reason: str
    record: str


def readable(line: bytes, most: int = MOST_BYTES) -> str:
    """The line as text without its end: bytes that are not UTF-8 as \\xNN, a long line cut with a note."""
    line = line.rstrip(b"\r\n")
    text = line[:most].decode(errors="backslashreplace")
    return text if len(line) <= most else f"{text} … (cut after {most:,} bytes)"
