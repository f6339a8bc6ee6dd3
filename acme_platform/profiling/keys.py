"""Keys: what tells the rows of a subject apart.

Belongs here: proposing one column, or two, and counting the rows that come again. Not here: what columns hold.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.profiling.subject import PROFILED

#: a column whose rows come again this seldom was meant to be the key
MEANT = 0.95
#: columns of which pairs are tried: each costs a pass over the rows
TRIED = 5
#: types that tell things apart; an amount or a moment that is unique is so by chance
TELLING = ("bigint", "text")
NAMED = re.compile(r"(^|_)(id|uuid|number|no|key|code|sku|barcode)$|id$", re.IGNORECASE)


@dataclass(frozen=True)
class Fact:
    """What is known of a column."""

    name: str
    type: str
    nulls: int
    distinct: int


@dataclass(frozen=True)
class Key:
    """Columns, and what stands against them."""

    columns: tuple[str, ...]
    #: rows whose key was there before
    repeated: int = 0
    #: a key that comes most often, as text
    sample: str = ""


def proposed(cursor: Cursor, facts: Sequence[Fact], rows: int) -> Key | None:
    """A unique column that is never empty, or two; else one that nearly is, with its duplicates."""
    if not rows:
        return None
    full = [fact for fact in facts if not fact.nulls]
    unique = [fact for fact in full if fact.distinct == rows]
    meant = [fact for fact in full if fact.distinct >= MEANT * rows and NAMED.search(fact.name)]
    if named := [fact for fact in unique if NAMED.search(fact.name)]:
        return Key((named[0].name,))
    if meant:
        return duplicates(cursor, facts, (meant[0].name,))
    if telling := [fact for fact in unique if fact.type in TELLING]:
        return Key((telling[0].name,))
    return _pair(cursor, facts, full, rows) or (Key((unique[0].name,)) if unique else None)


def duplicates(cursor: Cursor, facts: Sequence[Fact], columns: Iterable[str]) -> Key:
    """The key of these columns, with the rows that come again."""
    places = [str(number) for number, fact in enumerate(facts, 1) if fact.name in set(columns)]
    cursor.execute(
        sql.SQL(
            "select coalesce(sum(times - 1), 0)::bigint, (array_agg(said order by times desc, said))[1] from"
            " (select count(*) as times, concat_ws(', ', {0}) as said from {1} group by {0}"
            "  having count(*) > 1) as again"
        ).format(sql.SQL(", ").join(sql.SQL("trim({})").format(sql.Identifier(place)) for place in places), PROFILED)
    )
    ((repeated, sample),) = cursor.fetchall()
    return Key(tuple(columns), repeated, sample or "")


def _pair(cursor: Cursor, facts: Sequence[Fact], full: Sequence[Fact], rows: int) -> Key | None:
    """Of two columns that together tell all rows apart those that are named like keys come first."""
    ranked = sorted(full, key=lambda fact: (not NAMED.search(fact.name), fact.type not in (*TELLING, "date")))[:TRIED]
    for pair in combinations(ranked, 2):
        if pair[0].distinct * pair[1].distinct < rows or not any(NAMED.search(fact.name) for fact in pair):
            continue
        key = duplicates(cursor, facts, tuple(fact.name for fact in facts if fact in pair))
        if not key.repeated:
            return key
    return None
