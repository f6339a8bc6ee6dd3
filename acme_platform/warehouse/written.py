"""Written: SQL of a file, of which PostgreSQL's refusal is for the author of the file, and not for ours.

Belongs here: telling it in the words of the file. Not here: what is told of servers (`connection.py`), what can be said
of a file without a server (`model`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes

from acme_platform.errors import MendInput
from acme_platform.model.sql_file import SqlFile

#: classes of codes: a statement or a name, a value, a rule of the table, more than one row in the place of a value
OF_THE_AUTHOR = {"42", "22", "23", "21"}
#: of the first class, and for whoever runs the server
NO_RIGHT = errorcodes.INSUFFICIENT_PRIVILEGE


@contextmanager
def written_in(file: SqlFile) -> Iterator[None]:
    """What the file says is run. Raises MendInput with the file, its line and PostgreSQL's word."""
    try:
        yield
    except psycopg2.Error as error:
        if (error.pgcode or "")[:2] not in OF_THE_AUTHOR or error.pgcode == NO_RIGHT:
            raise
        raise MendInput(f"{file.where}{_line(error, file)}: {_said(error)}", f"mend {file.where}") from error


def _said(error: psycopg2.Error) -> str:
    hint = error.diag.message_hint
    said = "; ".join(filter(None, (error.diag.message_primary or str(error).strip(), error.diag.message_detail)))
    return f"{said} ({hint.rstrip('.')})" if hint else said


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
