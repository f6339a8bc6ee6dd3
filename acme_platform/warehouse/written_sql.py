"""Written SQL: what PostgreSQL says of a file that somebody wrote is theirs to mend, and no bug of the platform.

Belongs here: telling it by the file's name and line. Not here: errors of the platform's own statements
(`connection.py`), what can be said of a file without a server (`model`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes

from acme_platform.errors import MendInput
from acme_platform.model.sql_file import SqlFile

#: classes of errors that the words of a statement or the rows that it makes give rise to: too many rows where one is
#: meant, data, integrity, a name or a type that is not there
OF_THE_FILE = ("21", "22", "23", "42")
#: of these classes, but about the server
OF_THE_SERVER = {errorcodes.INSUFFICIENT_PRIVILEGE}
#: what helps, where that is known
HINTS = {
    errorcodes.NOT_NULL_VIOLATION: "give the column a value, or let it be empty",
    errorcodes.CHECK_VIOLATION: "leave such rows out, or change the rule",
    errorcodes.UNIQUE_VIOLATION: "give each key once, or make the key longer",
    errorcodes.DIVISION_BY_ZERO: "divide by nullif(…, 0)",
    errorcodes.NUMERIC_VALUE_OUT_OF_RANGE: "take a wider type, as bigint or numeric",
    errorcodes.INVALID_TEXT_REPRESENTATION: "keep text that is no such value away from the cast",
}


class WrongSql(MendInput):
    """A file of SQL that cannot do what it says, with the rows that there are."""


@contextmanager
def written_in(file: SqlFile, subject: str) -> Iterator[None]:
    """What the block executes comes of the file: raise WrongSql, about the subject, where PostgreSQL refuses it."""
    try:
        yield
    except psycopg2.Error as error:
        code = error.pgcode or ""
        if not code.startswith(OF_THE_FILE) or code in OF_THE_SERVER:
            raise
        mend = f"mend {file.where}{f': {HINTS[code]}' if code in HINTS else ''}"
        raise WrongSql(f"{subject}: {_said(error)} ({file.where}{_line(error, file)})", mend) from error


def _said(error: psycopg2.Error) -> str:
    """What is wrong, and the key where two rows have the same; of a broken rule PostgreSQL would show a whole row."""
    hint = error.diag.message_hint
    detail = error.diag.message_detail if error.pgcode == errorcodes.UNIQUE_VIOLATION else None
    said = ": ".join(filter(None, (error.diag.message_primary or str(error).strip(), detail)))
    return f"{said}; {hint[:1].lower()}{hint[1:].rstrip('.')}" if hint else said


def _line(error: psycopg2.Error, file: SqlFile) -> str:
    """Of the file, where PostgreSQL names a place in what was sent and the select begins there as it was written."""
    sent, place = _sent(error), int(error.diag.statement_position or 0)
    begins = sent.find(file.select.partition("\n")[0])
    if not 0 <= begins < place:
        return ""
    above = file.text.count("\n", 0, file.text.index(file.select))
    return f", line {above + sent.count(chr(10), begins, place - 1) + 1}"


def _sent(error: psycopg2.Error) -> str:
    query = error.cursor.query if error.cursor else None
    return (query or b"").decode(errors="replace")
