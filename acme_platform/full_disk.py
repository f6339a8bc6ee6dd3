"""A full disk, met anywhere: recognised, and told in one sentence that ends with what to free.

Belongs here: reading it off an error and what that was caused by. Not here: how much is free (`doctor/machine.py`).
"""

import errno
from collections.abc import Iterator

from acme_platform.errors import AcmeError, MendInput

#: no block left, or none of this user's
CODES = (errno.ENOSPC, errno.EDQUOT)
#: how the system says it, whoever repeats it: PostgreSQL, a driver, a server's log
WORDS = ("No space left on device", "Disk quota exceeded")
FREE = "free some space"
NEXT = f"{FREE} (df -h shows which disk, du -xhd2 FOLDER what takes it), then run the command again"
LONGEST = 300


def full(error: BaseException) -> MendInput | None:
    """The error as the full disk that it is, or None."""
    message = next((said for cause in _chain(error) if (said := _said(cause))), "")
    if not message:
        return None
    if not isinstance(error, AcmeError):
        return MendInput(f"a disk is full: {message}", NEXT)
    return MendInput(error.message, error.next_step if FREE in error.next_step else NEXT)


def _said(error: BaseException) -> str:
    """The line in which the error says so: what a driver adds to it may be a whole statement."""
    lines = str(error).splitlines()
    if isinstance(error, OSError) and error.errno in CODES:
        return str(error)
    return next((line.strip()[:LONGEST] for line in lines if any(words in line for words in WORDS)), "")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those from which it came."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
