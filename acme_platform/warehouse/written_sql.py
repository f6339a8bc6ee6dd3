"""Written SQL: what PostgreSQL says of a file that somebody wrote is theirs to mend, and no bug of the platform.

Belongs here: telling it by the file's name. Not here: errors of the platform's own statements (`connection.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes

from acme_platform.errors import MendInput

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
def written_in(where: str, subject: str) -> Iterator[None]:
    """What the block executes comes of the file: raise WrongSql, about the subject, where PostgreSQL refuses it."""
    try:
        yield
    except psycopg2.Error as error:
        code = error.pgcode or ""
        if not code.startswith(OF_THE_FILE) or code in OF_THE_SERVER:
            raise
        mend = f"mend {where}{f': {HINTS[code]}' if code in HINTS else ''}"
        raise WrongSql(f"{subject}: {_said(error)} ({where})", mend) from error


def _said(error: psycopg2.Error) -> str:
    """What is wrong, and the key where two rows have the same; of a broken rule PostgreSQL would show a whole row."""
    said = error.diag.message_primary or str(error).strip()
    detail = error.diag.message_detail if error.pgcode == errorcodes.UNIQUE_VIOLATION else None
    return f"{said}: {detail}" if detail else said
