"""Why a server did not start, said to the command that wanted it.

Belongs here: the message, its next step, and its way from the keeper's process to the command's.
"""

import json
import signal
from typing import TextIO

from acme_platform import errors
from acme_platform.embedded.keeping.place import Place
from acme_platform.errors import AcmeError, MendInput

#: words of the server's log, and what mends them
REMEDIES = {
    "No space left on device": "free some space on the disk of {folder}, then run the command again",
    "Permission denied": "give {folder} back to the user who runs the command (chown -R), then run it again",
    "incompatible with server": "dump it with the version that wrote it and move {folder} away, then run it again",
}
OTHERWISE = "mend what the log names ({log}), then run the command again"

#: what PostgreSQL says of itself where one of its processes was killed
PART_KILLED = "was terminated by signal 9"


class StartFailed(MendInput):
    """A server, or a step of preparing it, ended before it was ready; the message ends with its last words."""

    def __init__(self, what: str, place: Place, since: int) -> None:
        said = place.log.last_words(since)
        remedy = next((remedy for words, remedy in REMEDIES.items() if words in said), OTHERWISE)
        super().__init__(f"{what} in {place.folder}\n{said}", remedy.format(folder=place.folder, log=place.log))


class StartKilled(StartFailed):
    """It was killed from outside: the next start may go well."""


def ended(what: str, code: int, place: Place, since: int) -> StartFailed:
    """The error of a process that ended with this code before it had done its work."""
    error = StartFailed(what, place, since)
    is_killed = code == -signal.SIGKILL or PART_KILLED in error.message
    return StartKilled(what, place, since) if is_killed else error


def write_error(error: AcmeError, listener: TextIO) -> None:
    """Write the error as one line of JSON; the class is the nearest one that `errors` knows."""
    kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == errors.__name__)
    listener.write(json.dumps({"kind": kind, "message": error.message, "next_step": error.next_step}) + "\n")


def read_error(line: str) -> AcmeError:
    """The error that `write_error` wrote."""
    told = json.loads(line)
    kind: type[AcmeError] = getattr(errors, told["kind"])
    return kind(told["message"], told["next_step"])
