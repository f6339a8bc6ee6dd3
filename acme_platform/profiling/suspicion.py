"""Suspicions: values that load, or nearly do, and that a person should look at.

Belongs here: what is suspicious, in SQL over the distinct values of a column, and the line about it. Not here:
which type the column has (`guess.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.profiling.guess import PLACEHOLDERS, TEXT, Fit
from acme_platform.values.form import LONGEST_TEXT

#: values that do not fit, in a sentence
SHOWN = 3
CURRENCY = r"^[-+(]?\s*([$€£¥₹]|usd|eur|gbp|chf)\s*[-+]?[\d.,]*\d|^[-+]?\d[\d.,]*\s*([$€£¥₹%%]|usd|eur|gbp|chf)\)?$"
GROUPED = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$|^[-+]?\d{1,3}(\.\d{3})+,\d+$"
DECIMAL_COMMA = r"^[-+]?\d+,\d{1,2}$"
OTHER_DATE = r"^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})($|[ T])"
FIRST, SECOND = (rf"(regexp_match(said, '{OTHER_DATE}'))[{number}]::int" for number in (1, 3))
#: characters that draw nothing, within a text; a joiner is part of some scripts
INVISIBLE = r"[\x01-\x1f\x7f-\xa0\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"


@dataclass(frozen=True)
class Suspicion:
    """`condition` holds of suspicious values: `value` as it stands in the file, `said` without what surrounds it."""

    words: str
    condition: str
    #: asked of columns of text only: no other type takes such values
    of_text: bool = True


SUSPICIONS = (
    Suspicion("blanks at the ends, taken off when loaded", "said <> value", of_text=False),
    Suspicion("invisible characters within", f"said ~ '{INVISIBLE}'"),
    Suspicion("words for nothing", "lower(said) = any(%(placeholders)s)"),
    Suspicion("numbers with a currency or unit", f"lower(said) ~ '{CURRENCY}'"),
    Suspicion("numbers in groups of thousands", f"said ~ '{GROUPED}'"),
    Suspicion("numbers with a decimal comma", f"said ~ '{DECIMAL_COMMA}'"),
    Suspicion("numbers with leading zeros, kept as text", "said ~ '^0[0-9]+$'"),
    Suspicion("dates with the day first", f"said ~ '{OTHER_DATE}' and {FIRST} > 12"),
    Suspicion("dates with the month first", f"said ~ '{OTHER_DATE}' and {SECOND} > 12"),
    Suspicion("dates with day or month first", f"said ~ '{OTHER_DATE}' and {FIRST} <= 12 and {SECOND} <= 12"),
    Suspicion(f"longer than {LONGEST_TEXT:,} bytes, to be rejected", f"octet_length(said) > {LONGEST_TEXT}"),
)


def suspicions(cursor: Cursor, spelled: sql.Composable, kind: str) -> Iterator[str]:
    """A line for each that is met, with how many values and one of them."""
    asked = [suspicion for suspicion in SUSPICIONS if kind == TEXT or not suspicion.of_text]
    counts = sql.SQL(", ").join(
        sql.SQL("coalesce(sum(times) filter (where {0}), 0)::bigint, left(min(value) filter (where {0}), 24)").format(
            sql.SQL(suspicion.condition)
        )
        for suspicion in asked
    )
    cursor.execute(
        sql.SQL("select {} from ({}) as spelled").format(counts, spelled), {"placeholders": list(PLACEHOLDERS)}
    )
    (row,) = cursor.fetchall()
    for suspicion, count, sample in zip(asked, row[::2], row[1::2], strict=True):
        if count:
            yield f"{suspicion.words}: {count:,}, like {shown(sample)}"


def unfit(near: Fit) -> str:
    """A column of text that is nearly something narrower."""
    samples = ", ".join(map(shown, near.samples[:SHOWN]))
    more = " and more" if len(near.samples) > SHOWN else ""
    return f"{near.type} but for {near.others:,}: {samples}{more}"


def words_for_nothing(near: Fit) -> tuple[str, ...]:
    """What stands for a missing value in a column, where nothing else keeps it from being something narrower."""
    return near.samples if near.others == near.nothing and len(near.samples) <= SHOWN else ()


def shown(text: str) -> str:
    """In quotes, with escapes for what nobody would see."""
    return "'" + "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text) + "'"
