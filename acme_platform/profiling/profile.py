"""A profile: what each column of a subject holds, what it could be declared as, and what tells its rows apart.

Belongs here: putting the answers together. Not here: the questions (`guess.py`, `suspicion.py`, `keys.py`).

Everything is asked of the distinct values of a column, each with how often it comes: a column of a few words among a
million rows costs one pass, and one of a million numbers is judged once for all.
"""

from dataclasses import dataclass

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table_schema import Column as Declared
from acme_platform.profiling import keys
from acme_platform.profiling.guess import TEXT, Fit, fit, guessed
from acme_platform.profiling.subject import PROFILED, Subject
from acme_platform.profiling.suspicion import suspicions, unfit
from acme_platform.values.cast import read_as
from acme_platform.values.form import FORMS

SPELLED = sql.SQL("select said, times, value from pg_temp.spelled where said is not null")
#: patterns are looked for in so many distinct values: a million of them would take four seconds
MOST_PATTERNED = 50_000
MOST_PATTERNS = 3
#: for the hash of a column's values; the usual 4 MB send a million of them to the disk
MEMORY = "256MB"


@dataclass(frozen=True)
class Column:
    """One column of the subject."""

    name: str
    type: str
    nulls: int
    distinct: int
    least: str | None
    greatest: str | None
    #: spelling, with 9 for a digit and a for letters -> share of the values
    patterns: tuple[tuple[str, float], ...]
    suspicions: tuple[str, ...]
    #: a narrower type that nearly all values have
    near: Fit | None = None


@dataclass(frozen=True)
class Profile:
    """Of a file, or of a day of a table."""

    subject: Subject
    columns: tuple[Column, ...]
    #: what tells the rows apart; None where neither a column nor two of them do
    key: keys.Key | None


def profile(cursor: Cursor, subject: Subject) -> Profile:
    """Look at every row of the temporary table."""
    cursor.execute("select set_config('work_mem', %s, true)", (MEMORY,))
    declared = dict(subject.declared)
    columns = tuple(
        _column(cursor, number, title, declared.get(title, "")) for number, title in enumerate(subject.titles, 1)
    )
    facts = [keys.Fact(column.name, column.type, column.nulls, column.distinct) for column in columns]
    return Profile(subject, columns, keys.proposed(cursor, facts, subject.rows))


def _column(cursor: Cursor, number: int, title: str, declared: str) -> Column:
    _spell(cursor, sql.Identifier(str(number)))
    nulls, distinct = _counted(cursor)
    near = None
    if declared:
        found = fit(cursor, declared, SPELLED) if _has_form(declared) else fit(cursor, TEXT, SPELLED)
    elif distinct:
        found, near = guessed(cursor, SPELLED)
    else:
        found = fit(cursor, TEXT, SPELLED)
    said = [unfit(near)] if near else []
    kind = declared or found.type
    return Column(
        title,
        kind,
        nulls,
        distinct,
        found.least,
        found.greatest,
        tuple(_patterns(cursor)) if kind == TEXT else (),
        (*said, *suspicions(cursor, SPELLED, kind)),
        near,
    )


def _has_form(declared: str) -> bool:
    """An answer may have types that no delivery is read as."""
    return declared.partition("(")[0] in FORMS


def _spell(cursor: Cursor, column: sql.Composable) -> None:
    """Each distinct text of the column goes to `spelled`: as it stands, as a text that was read, and how often."""
    text = Declared("said", TEXT, required=False, meaning="")
    texts = sql.SQL("select {0} as value, {0} as said, count(*) as times from {1} group by 1").format(column, PROFILED)
    cursor.execute("drop table if exists pg_temp.spelled")
    cursor.execute(
        sql.SQL("create temporary table spelled on commit drop as select value, times, said from ({}) as read").format(
            read_as(text, texts, sql.SQL("value, times"))
        )
    )


def _counted(cursor: Cursor) -> tuple[int, int]:
    cursor.execute(
        "select coalesce(sum(times) filter (where said is null), 0)::bigint,"
        " case when bool_or(said is distinct from value) then count(distinct said) else count(said) end"
        " from pg_temp.spelled"
    )
    ((nulls, distinct),) = cursor.fetchall()
    return nulls, distinct


def _patterns(cursor: Cursor) -> list[tuple[str, float]]:
    cursor.execute(
        "select left(pattern, 40), (sum(times) / sum(sum(times)) over ())::float from (select"
        " regexp_replace(regexp_replace(said, '[0-9]', '9', 'g'), '[A-Za-z\u0080-\U0010ffff]+', 'a', 'g') as pattern,"
        " times from pg_temp.spelled where said is not null limit %s) as patterned"
        " group by pattern order by sum(times) desc, pattern limit %s",
        (MOST_PATTERNED, MOST_PATTERNS),
    )
    return [(pattern, share) for pattern, share in cursor]
