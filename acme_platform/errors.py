"""Every failure the platform raises on purpose, grouped by what the reader can do about it.

    AcmeError
    ├── MendInput        the input or the usage is wrong: mend it, a retry cannot help   (exit code 2)
    │   ├── UsageError       a word on the command line or in the environment
    │   ├── RefusedFile      a delivered file that is broken as a whole
    │   │   └── TooManyRejects   too many of its rows cannot be read; a person may accept that
    │   ├── BlockedByCheck   a red `must` check stands upstream
    │   └── NotReady         a day that cannot be: nothing to fill it from, or no day of ours
    ├── TryAgain         the world was not ready (connection, lock, half-written file): retried with backoff
    └── OurBug           the platform contradicts itself: never retried, please report

Belongs here: classes and their words, and nothing that raises them. Every message says what happened, where, and the
next command.
"""

#: between what happened and what to do
NEXT = "\n  next: "


class AcmeError(Exception):
    """`message` says what happened and where; `next_step` is the command or action that mends it."""

    exit_code = 1

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}{NEXT}{self.next_step}" if self.next_step else self.message


class MendInput(AcmeError):
    """Something outside the platform must change first; trying again gives the same answer."""

    exit_code = 2


class UsageError(MendInput):
    """A word typed by a person, or a variable of the environment, that the platform does not understand."""


class RefusedFile(MendInput):
    """A delivered file that is broken as a whole: nothing of it is loaded, the days around it go on."""

    exit_code = 1


class TooManyRejects(RefusedFile):
    """A delivery with more unreadable rows than its feed tolerates. A person who saw the rejects may accept it."""


class BlockedByCheck(MendInput):
    """A `must` check of a table upstream is red for a day that this table would read."""

    exit_code = 1


class NotReady(MendInput):
    """A day that something it reads has not, or that lies outside the days there are. Nothing is remembered of it: it
    is due by itself as soon as what it lacks is there.
    """

    exit_code = 1


class TryAgain(AcmeError):
    """The world was not ready: a lost connection, a deadlock, a file still being written."""


class OurBug(AcmeError):
    """Two numbers that must agree do not, or a state that cannot be was reached."""


def said(error: Exception) -> str:
    """What the error says; one that was not raised on purpose also says what it is."""
    return str(error) if isinstance(error, AcmeError) else f"{type(error).__name__}: {error}"
