"""The name of a delivery: what feed, table, day and part a key of the lake stands for.

    sales/orders/2024-01-02.csv                 the whole day in one file
    sales/orders/2024-01-02/part-0001.csv.gz    one of the day's parts, named as the sender likes

Belongs here: the shapes of names and what is wrong with a name. Not here: whether the feed and the table exist
(`catalog.py`), what is in the file (`compression.py`, `screen.py`).
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from acme_platform.errors import MendInput
from acme_platform.lake.object import fault, shown

#: the endings of a readable file, the longest first so that `.csv.gz` is not taken for something else
ENDINGS = (".csv.zst", ".csv.gz", ".csv")

#: formats people deliver by mistake, to be refused by their name
OTHER_FORMATS = {
    ".7z": "a 7-zip archive",
    ".avro": "Avro",
    ".bz2": "a bzip2 file",
    ".gz": "a gzip file that does not say what is in it",
    ".json": "JSON",
    ".jsonl": "JSON lines",
    ".ndjson": "JSON lines",
    ".ods": "an OpenDocument spreadsheet",
    ".orc": "ORC",
    ".parquet": "Parquet",
    ".pdf": "PDF",
    ".tar": "a tar archive",
    ".tsv": "tab-separated text",
    ".txt": "plain text",
    ".xls": "an Excel workbook",
    ".xlsx": "an Excel workbook",
    ".xml": "XML",
    ".xz": "an xz file",
    ".zip": "a zip archive",
    ".zst": "a zstd file that does not say what is in it",
}
SHAPES = "<feed>/<table>/<YYYY-MM-DD>.csv or <feed>/<table>/<YYYY-MM-DD>/<part>.csv, each also .csv.gz or .csv.zst"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class FileName:
    """`part` is the part's name without its ending, and empty where one file is the whole day."""

    feed: str
    table: str
    day: date
    part: str


def ending(name: str) -> str:
    """`.csv`, `.csv.gz` or `.csv.zst`, however the sender cased it; MendInput names any other format."""
    folded = name.casefold()
    for known in ENDINGS:
        if folded.endswith(known):
            return known
    suffix = PurePosixPath(folded).suffix
    seen = OTHER_FORMATS.get(
        suffix, f"not a file this lake reads (it ends in {suffix!r})" if suffix else "without ending"
    )
    raise _misnamed(name, f"is {seen}; CSV is expected", "convert it to .csv, .csv.gz or .csv.zst and deliver it again")


def parse_key(key: str) -> FileName:
    """Read a key of the lake; MendInput says what is wrong with one that cannot be placed."""
    named = None if key.endswith("/") else _named(key, key[: -len(ending(key))].split("/"))
    if named is None or fault(key):
        raise MendInput(f"'{shown(key)}' cannot be placed: {fault(key)}", "rename it")
    return named


def _named(key: str, steps: list[str]) -> FileName:
    match steps:
        case [feed, table, day] if feed and table and day:
            return FileName(feed, table, _day(key, day), part="")
        case [feed, table, day, part] if feed and table and part:
            return FileName(feed, table, _day(key, day), part)
    raise _misnamed(key, f"does not have the shape {SHAPES}")


def key_for(feed: str, table: str, day: date, file: Path, part: str | None = None) -> str:
    """Where `acme deliver` puts `file`; `part` (with or without ending) names it when it is one of several of a day."""
    stem = f"{feed}/{table}/{day.isoformat()}"
    end = ending(file.name)
    if part is not None:
        stem += "/" + (part[: -len(end)] if part.casefold().endswith(end) else part)
    parse_key(stem + end)
    return stem + end


def _day(key: str, text: str) -> date:
    if not DAY.fullmatch(text):
        raise _misnamed(key, f"has {text!r} where the day belongs; the shape is {SHAPES}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _misnamed(key, f"carries the day {text}, which does not exist") from None


def _misnamed(name: str, what: str, next_step: str = "") -> MendInput:
    return MendInput(
        f"{name!r} {what}", next_step or "acme deliver FEED TABLE FILE --day YYYY-MM-DD gives a file its right name"
    )
