r"""Line ends that are none of CSV: how they are called, and the command that mends a file of them.

Belongs here: kinds that programs write by mistake. Not here: LF, CR LF and CR, which are read (`line_blocks.py`).

`\r\r\n` comes of CR LF written through a program that puts a CR before each LF.
"""

import re
from dataclasses import dataclass

from acme_platform.ingest.csv.packing import PACKINGS
from acme_platform.ingest.csv.signature import mending


@dataclass(frozen=True)
class OddEnd:
    """One kind, and what makes line ends of it."""

    name: str
    command: str

    def said(self, file: str) -> str:
        unpack = [packing.unpack for end, packing in PACKINGS.items() if file.casefold().endswith(end)]
        return f"its lines end in {self.name}; to mend it: {mending(file, *unpack, self.command)}"


DOUBLED = OddEnd("CR CR LF", r"sed 's/\r*$//'")
REVERSED = OddEnd("LF CR", r"tr -d '\r'")
MIXED = OddEnd("CR here and LF there", r"tr '\r' '\n'")
#: behind these no program of Unix or Windows sees another line
UNICODE = {
    "\x85": OddEnd("U+0085 (next line)", r"LC_ALL=C sed 's/\xc2\x85/\n/g'"),
    "\u2028": OddEnd("U+2028 (line separator)", r"LC_ALL=C sed 's/\xe2\x80\xa8/\n/g'"),
    "\u2029": OddEnd("U+2029 (paragraph separator)", r"LC_ALL=C sed 's/\xe2\x80\xa9/\n/g'"),
}
PATTERNS = ((re.compile(rb"\r\r+\n"), DOUBLED), (re.compile(rb"\n\r(?!\n)"), REVERSED))
ENDS_DOUBLED = re.compile(rb"\r\r+\n\Z")


def of_first_line(start: bytes, place: int) -> OddEnd | None:
    """The kind of the line end at that place of the file's start, if it is an odd one."""
    return next((odd for pattern, odd in PATTERNS if pattern.match(start, place)), None)


def of_record(record: bytes) -> OddEnd | None:
    """The kind of which a record says that it is broken by its line end."""
    if ENDS_DOUBLED.search(record):
        return DOUBLED
    inside = record.strip(b"\r\n")
    return MIXED if b"\r" in inside or b"\n" in inside else None
