"""Why a server did not start, said to the command that wanted it.

Belongs here: the message, its next step, and its way from the keeper's process to the command's.
"""

import json
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


class StartFailed(MendInput):
    """A server, or a step of preparing it, ended before it was ready; the message ends with its last words."""

    def __init__(self, what: str, place: Place, since: int) -> None:
        said = place.log.last_words(since)
        remedy = next((remedy for words, remedy in REMEDIES.items() if words in said), OTHERWISE)
        super().__init__(f"{what} in {place.folder}\n{said}", remedy.format(folder=place.folder, log=place.log))


def tell(error: AcmeError, listener: TextIO) -> None:
    """Write the error as one line of JSON; the class is the nearest one that `errors` knows."""
    kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == errors.__name__)
    listener.write(json.dumps({"kind": kind, "message": error.message, "next_step": error.next_step}) + "\n")


def heard(line: str) -> AcmeError:
    """The error that `tell` wrote."""
    told = json.loads(line)
    kind: type[AcmeError] = getattr(errors, told["kind"])
    return kind(told["message"], told["next_step"])
