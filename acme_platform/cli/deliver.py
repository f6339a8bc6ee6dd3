"""`acme deliver`: files into the lake under the names by which the platform finds them."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, DayOption
from acme_platform.config.settings import Settings
from acme_platform.day import Days, refuse_outside
from acme_platform.errors import UsageError
from acme_platform.lake import Lake, open_lake
from acme_platform.lake.filename import key_for
from acme_platform.wording import instead_of


def deliver(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="Such as sales.")],
    table: Annotated[str, typer.Argument(metavar="TABLE", help="What the files hold, such as orders.")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE...")],
    day: DayOption,
) -> None:
    """Put files into the lake as the delivery of a day.

    One file becomes the day's file, several become its parts.

    What is there already, byte for byte, is left alone; other bytes of the same name are a correction and replace it.
    A file whose header is not the table's is refused here, before it stands in anybody's way.
    """
    _check_known(feed, table)
    settings = Settings.from_env()
    refuse_outside(Days(day, day), settings.first_day)
    keys = _keys(feed, table, files, day)
    _judge_headers(feed, table, files)
    lake = open_lake(settings.lake_url)
    outcomes = [(str(file), _put(lake, key, file), lake.uri(key)) for key, file in keys.items()]
    console.show(("file", "outcome", "where"), outcomes)
    console.say(f"next: acme run --days {day}, or let the sensor of `acme up` find it")


def _check_known(feed: str, table: str) -> None:
    # every feed's SQL is parsed to know what it takes, which `acme --help` need not wait for
    from acme_platform.registry.catalog import deliveries  # noqa: PLC0415

    known = deliveries()
    if feed not in known:
        raise UsageError(f"there is no feed {feed!r}", instead_of(feed, known))
    if not known[feed]:
        raise UsageError(
            f"nothing is delivered for {feed}, which reads a database", "acme run --days today reads what there is now"
        )
    if table not in known[feed]:
        raise UsageError(f"the feed {feed} has no deliveries of {table!r}", instead_of(table, known[feed]))


def _judge_headers(feed: str, table: str, files: Sequence[Path]) -> None:
    from acme_platform.ingest.csv.header import EmptyFile  # noqa: PLC0415  # as above
    from acme_platform.ingest.files.first_look import refuse_header  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415

    for file in files:
        try:
            with file.open("rb") as raw:
                refuse_header(raw, str(file), catalog.feed(feed).deliveries[table])
        except EmptyFile:
            # a part of no bytes is harmless beside full ones
            if len(files) == 1:
                raise


def _keys(feed: str, table: str, files: Sequence[Path], day: date) -> dict[str, Path]:
    """Where each file goes; all names are settled before the first byte is sent."""
    keys: dict[str, Path] = {}
    for file in files:
        key = key_for(feed, table, day, file, part=file.name if len(files) > 1 else None)
        if key in keys:
            raise UsageError(f"{keys[key]} and {file} would both become {key}", "give one of them another name")
        keys[key] = file
    return keys


def _put(lake: Lake, key: str, file: Path) -> str:
    stored = lake.stat(key)
    if stored is not None and stored.size == file.stat().st_size:
        with lake.open(stored) as there, file.open("rb") as here:
            if _digest(there) == _digest(here):
                return "already delivered"
    with file.open("rb") as source:
        lake.put(key, source)
    return "delivered" if stored is None else "replaced"


def _digest(stream: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.digest()


COMMAND = Command(
    deliver,
    examples=(
        "acme deliver sales orders orders.csv --day 2024-01-02",
        "acme deliver sales orders part-1.csv.gz part-2.csv.gz --day yesterday",
    ),
)
