"""A draft: what the columns of a file become in raw and in staging.

Belongs here: names, types and expressions. Not here: the text of files (`feed_files.py`), what a file holds
(`profiling/`).
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from acme_platform.cursor import Cursor
from acme_platform.errors import UsageError
from acme_platform.model.lineage import PROVENANCE
from acme_platform.profiling import keys
from acme_platform.profiling.keys import Fact, Key
from acme_platform.profiling.profile import Column as Profiled
from acme_platform.profiling.profile import Profile
from acme_platform.profiling.suspicion import words_for_nothing
from acme_platform.values.cast import KEPT_BY_US

PLAIN = re.compile("[a-z_][a-z0-9_]*")
#: values that rows are counted by: a column of few words
FEW_VALUES = 50
#: columns that every raw and every staging table has; what a file calls so is kept in `extra`
TAKEN = {*PROVENANCE, *KEPT_BY_US}


@dataclass(frozen=True)
class Column:
    """A column of the file."""

    title: str
    #: in raw, as SQL writes it; empty where it stands in `extra`
    raw: str
    #: in staging
    name: str
    type: str
    required: bool
    #: words that the file writes where it has no value
    nothing: tuple[str, ...] = ()

    @property
    def drawn(self) -> str:
        """As a test draws it."""
        return self.raw.strip('"').replace('""', '"') or self.title

    @property
    def expression(self) -> str:
        """What staging selects from raw."""
        value = self.raw or f"extra ->> {_quoted(self.title)}"
        for word in self.nothing:
            value = f"nullif({value}, {_quoted(word)})"
        return value if value == self.name else f"{value} as {self.name}"


@dataclass(frozen=True)
class Draft:
    """All of them, the key first among those of staging."""

    columns: tuple[Column, ...]
    #: names in staging
    key: tuple[str, ...]
    #: by which rows are counted; none where no column takes few values
    counted_by: Column | None

    @property
    def others(self) -> list[Column]:
        return [column for column in self.columns if column.name not in self.key]

    @property
    def keys(self) -> list[Column]:
        return [column for name in self.key for column in self.columns if column.name == name]


#: of a feed of which nobody has a file yet
EXAMPLE = Draft(
    (Column("id", "id", "id", "bigint", True), Column("kind", "kind", "kind", "text", True)),
    ("id",),
    Column("kind", "kind", "kind", "text", True),
)


def draft(cursor: Cursor, found: Profile, table: str, key: Key) -> Draft:
    """Of a file that was profiled in this transaction; `table` gives its name to columns that need another one."""
    reserved = _reserved(cursor)
    columns = list[Column]()
    for column in found.columns:
        columns.append(_column(column, table, reserved, {known.name for known in columns}))
    by_title = {column.title: column.name for column in columns}
    named = tuple(by_title[title] for title in key.columns)
    few = [column for column, seen in zip(columns, found.columns, strict=True) if _is_counted_by(column, seen, named)]
    return Draft(tuple(columns), named, few[0] if few else None)


def key_of(cursor: Cursor, found: Profile, named: Sequence[str]) -> Key:
    """The key that a person named, or the one that is proposed. Raises UsageError where there is none."""
    if not found.subject.rows:
        raise UsageError(f"{found.subject.name} has no rows", "take a file that has some")
    if not named:
        if found.key is None:
            raise UsageError(
                f"neither a column of {found.subject.name} nor two of them tell its rows apart",
                f"name the key: --key COLUMN,COLUMN; there are {', '.join(found.subject.titles)}",
            )
        return found.key
    facts = [Fact(column.name, column.type, column.nulls, column.distinct) for column in found.columns]
    by_name = {fact.name: fact for fact in facts}
    if strange := [name for name in named if name not in by_name]:
        raise UsageError(f"there is no column {strange[0]}", f"take some of: {', '.join(by_name)}")
    if empty := next((by_name[name] for name in named if by_name[name].nulls), None):
        raise UsageError(
            f"{empty.name} is missing in {empty.nulls:,} rows, and cannot be the key", "name another --key"
        )
    return keys.duplicates(cursor, facts, named)


def _column(column: Profiled, table: str, reserved: set[str], taken: Collection[str]) -> Column:
    title = column.name
    lower = title.casefold()
    is_plain = bool(PLAIN.fullmatch(lower)) and lower not in reserved
    # psycopg2 takes a % for a parameter's, also in a name
    is_extra = lower in TAKEN or "%" in title or not title.isprintable()
    nothing = words_for_nothing(column.near) if column.near else ()
    ascii_only = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", ascii_only).strip("_") or "column"
    if name in reserved | TAKEN or name[0].isdigit() or name in taken:
        name = f"{table}_{name}"
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789_')}_{number}", number + 1
    return Column(
        title,
        "" if is_extra else lower if is_plain else '"' + title.replace('"', '""') + '"',
        name,
        column.near.type if nothing and column.near else column.type,
        required=not column.nulls and not nothing,
        nothing=nothing,
    )


def _is_counted_by(column: Column, seen: Profiled, key: Collection[str]) -> bool:
    return column.required and column.name not in key and column.type == "text" and seen.distinct <= FEW_VALUES


def _reserved(cursor: Cursor) -> set[str]:
    """Words that PostgreSQL takes for its own."""
    cursor.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
    return {word for (word,) in cursor}


def _quoted(text: str) -> str:
    """As a string of SQL that psycopg2 gives parameters to."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
