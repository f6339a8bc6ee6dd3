"""Parameters: for what a question's SQL takes each of them, and refusing a value that is none of that.

Belongs here: asking PostgreSQL, whose rules of types decide. Not here: which parameters there are (`question.py`).
"""

import re
from collections.abc import Mapping, Sequence
from itertools import count

import psycopg2
from psycopg2 import errorcodes

from acme_platform.cursor import Cursor
from acme_platform.errors import UsageError
from acme_platform.model.sql_file import SqlFile

#: a percent sign, or a place of a parameter
PLACE = re.compile(r"%%|%\((\w+)\)s")
UNTYPED = re.compile(r"\$(\d+)")
#: type -> what people call it, and one
KINDS = {
    **dict.fromkeys(("smallint", "integer", "bigint"), ("a whole number", "42")),
    **dict.fromkeys(("numeric", "double precision", "real"), ("a number", "12.50")),
    "date": ("a day", "2024-01-31"),
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), ("a moment", "2024-01-31T12:00")),
    "boolean": ("true or false", "true"),
    "text[]": ("a list", "{Norway,Peru}"),
    **dict.fromkeys(("integer[]", "bigint[]", "numeric[]"), ("a list of numbers", "{1,2}")),
}


def refuse_wrong(cursor: Cursor, file: SqlFile, given: Mapping[str, str]) -> None:
    """Raise UsageError over the first value that is none of its parameter's type."""
    for name, kind in _types(cursor, file) if given else ():
        if name not in given:
            continue
        cursor.execute("select message from pg_input_error_info(%s, %s)", (given[name], kind))
        ((why,),) = cursor.fetchall()
        if why:
            called, example = KINDS.get(kind, (kind, ""))
            mend = f"write it like {name}={example}" if example else f"give a value of type {kind}"
            raise UsageError(f"{name} is {called}, and {given[name]!r} is not: {why}", mend)


def _types(cursor: Cursor, file: SqlFile) -> list[tuple[str, str]]:
    """(parameter, type) of each place of which PostgreSQL knows the type; a parameter may have several."""
    names = [match[1] for match in PLACE.finditer(file.select) if match[1]]
    asked = [place for place, name in enumerate(names) if name != "day"]
    cursor.execute("savepoint parameters")
    while True:
        try:
            # A statement without parameters of the driver's, to which no percent sign means anything.
            cursor.execute("prepare asked as " + _numbered(file.select, asked))
        except psycopg2.Error as error:
            cursor.execute("rollback to savepoint parameters")
            if not (untyped := _untyped(error)):
                return []
            del asked[untyped - 1]
        else:
            cursor.execute("select parameter_types::text[] from pg_prepared_statements where name = 'asked'")
            ((kinds,),) = cursor.fetchall()
            cursor.execute("deallocate asked")
            return list(zip((names[place] for place in asked), kinds, strict=True))


def _numbered(select: str, asked: Sequence[int]) -> str:
    """The select with $1, $2 … at these places, and nothing at the others: a day is always one."""
    places = count()

    def put(match: re.Match[str]) -> str:
        if not match[1]:
            return "%"
        place = next(places)
        if place in asked:
            return f"${asked.index(place) + 1}"
        return "null::date" if match[1] == "day" else "null"

    return PLACE.sub(put, select)


def _untyped(error: psycopg2.Error) -> int | None:
    """The number of a place that any type would do for, as in `$1 is null`; None where something else is wrong."""
    said = error.diag.message_primary or ""
    found = UNTYPED.search(said) if error.pgcode == errorcodes.INDETERMINATE_DATATYPE else None
    return int(found[1]) if found else None
