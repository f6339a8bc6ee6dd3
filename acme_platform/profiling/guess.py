"""Guessing: the narrowest type whose plain form takes every value of a column, and those that nearly all fit.

Belongs here: asking the forms of `values/`. Not here: which spellings a type takes, which they say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table_schema import Column
from acme_platform.values.cast import read_as

VALUE = "said"
#: the narrowest first; what a number needs is measured
TYPES = ("boolean", "bigint", "numeric", "date", "timestamp with time zone")
TEXT = "text"
#: what people type where they have nothing to say, in small letters
PLACEHOLDERS = (
    *("n/a", "na", "#n/a", "n.a.", "null", "none", "nil", "nan", "(null)", "(blank)", "tbd", "?", "-", "--", "."),
    *("unknown", "undefined", "missing", "empty", "\\n"),
)
#: of the values, for a type that is told beside text: the others are looked at
NEARLY = 0.9
#: values that say which types are worth asking all of them
FEW = 1_000
#: a column of amounts is declared like this, unless its values need more
USUAL_DIGITS, USUAL_SCALE, MOST_DIGITS = 14, 2, 100


@dataclass(frozen=True)
class Fit:
    """How the distinct values of a column, each with how often it comes, take to a type."""

    type: str
    fitting: int
    others: int
    least: str | None
    greatest: str | None
    #: words for nothing among the others
    nothing: int = 0
    #: the most frequent ones that do not fit
    samples: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return not self.others

    @property
    def nearly(self) -> bool:
        """Words for nothing say nothing against it."""
        return 0 < self.fitting >= NEARLY * (self.fitting + self.others - self.nothing)


def guessed(cursor: Cursor, spelled: sql.Composable) -> tuple[Fit, Fit | None]:
    """The type that takes every value of `spelled` (said, times), and a narrower one that takes nearly all."""
    near: Fit | None = None
    few = sql.SQL("{} limit {}").format(spelled, sql.Literal(FEW))
    for kind in _candidates(cursor, spelled):
        if not fit(cursor, kind, few).nearly:
            continue
        found = fit(cursor, kind, spelled)
        if found.fits and not _would_lose_zeros(cursor, kind, spelled):
            return found, None
        if found.nearly and not found.fits:
            near = near or found
    return fit(cursor, TEXT, spelled), near


def fit(cursor: Cursor, kind: str, spelled: sql.Composable) -> Fit:
    """Ask the form of one type."""
    read = sql.SQL("read::text") if kind in {"boolean", TEXT} else sql.SQL("read")
    cursor.execute(
        sql.SQL(
            "select coalesce(sum(times) filter (where fits), 0)::bigint,"
            " coalesce(sum(times) filter (where not fits), 0)::bigint,"
            " coalesce(sum(times) filter (where not fits and lower(said) = any(%(placeholders)s)), 0)::bigint,"
            " (min({read}) filter (where fits))::text, (max({read}) filter (where fits))::text"
            " from ({judged}) as judged"
        ).format(read=read, judged=_judged(kind, spelled)),
        {"placeholders": list(PLACEHOLDERS)},
    )
    ((fitting, others, nothing, least, greatest),) = cursor.fetchall()
    samples = tuple(_samples(cursor, kind, spelled)) if others else ()
    return Fit(kind, fitting, others, least, greatest, nothing, samples)


def _candidates(cursor: Cursor, spelled: sql.Composable) -> Iterator[str]:
    for kind in TYPES:
        if kind == "numeric":
            yield _number(cursor, spelled)
        else:
            yield kind


def _judged(kind: str, spelled: sql.Composable) -> sql.Composed:
    column = Column(VALUE, kind, required=False, meaning="")
    return read_as(column, spelled, sql.SQL("times"))


def _samples(cursor: Cursor, kind: str, spelled: sql.Composable) -> list[str]:
    cursor.execute(
        sql.SQL("select left(said, 24) from ({}) as judged where not fits order by times desc, said limit 4").format(
            _judged(kind, spelled)
        )
    )
    return [said for (said,) in cursor]


def _number(cursor: Cursor, spelled: sql.Composable) -> str:
    """With room for what the plain numbers among the values need."""
    cursor.execute(
        sql.SQL(
            "select coalesce(max(length(ltrim(split_part(said, '.', 1), '-0'))), 0),"
            " coalesce(max(length(rtrim(split_part(said, '.', 2), '0'))), 0)"
            " from ({}) as spelled where ltrim(said, '-.0123456789') = '' and length(said) < %s"
        ).format(spelled),
        (MOST_DIGITS,),
    )
    ((before, behind),) = cursor.fetchall()
    scale = max(USUAL_SCALE, behind)
    return f"numeric({max(USUAL_DIGITS, before + scale)},{scale})"


def _would_lose_zeros(cursor: Cursor, kind: str, spelled: sql.Composable) -> bool:
    """`00123` is a number to the form, and to people a code."""
    if not kind.startswith(("bigint", "numeric")):
        return False
    cursor.execute(sql.SQL("select exists (select from ({}) as spelled where said ~ '^0[0-9]')").format(spelled))
    ((found,),) = cursor.fetchall()
    return bool(found)
