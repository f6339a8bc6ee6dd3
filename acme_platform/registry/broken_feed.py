"""A broken feed: one that cannot be loaded, why, and what mends it.

Belongs here: the value and its words. Not here: finding it (`feed_fault.py`), telling people (`status.py`, `alerts.py`
…).
"""

import traceback
from dataclasses import dataclass

from acme_platform.errors import AcmeError, MendInput
from acme_platform.model.table import Feed, Table

AGAIN = "the same again; acme up sees it when it starts, or when its UI reloads the code location"


@dataclass(frozen=True)
class Broken:
    """A feed that cannot be loaded."""

    name: str
    why: str
    mend: str
    #: what it declares, where its module could be read
    feed: Feed | None = None
    #: what it is: a feed, or a module of Dagster's own definitions
    kind: str = "feed"

    @property
    def tables(self) -> dict[str, Table]:
        """Full name -> table, as far as that is known."""
        return {table.full_name: table for table in self.feed.tables} if self.feed else {}

    @property
    def message(self) -> str:
        return f"the {self.kind} {self.name} cannot be loaded: {self.why}"

    @property
    def next_step(self) -> str:
        return f"{self.mend}, then {AGAIN}"

    @property
    def error(self) -> MendInput:
        return MendInput(self.message, self.next_step)

    @classmethod
    def by(cls, error: BaseException, name: str, where: str, feed: Feed | None = None, kind: str = "feed") -> "Broken":
        """What the author of the file `where` reads of the error."""
        if isinstance(error, AcmeError):
            return cls(name, error.message, error.next_step or f"mend {where}", feed, kind)
        line = error.lineno if isinstance(error, SyntaxError) else _line(error, where)
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return cls(name, f"{where}{f', line {line}' if line else ''}: {said}", f"mend {where}", feed, kind)


def _line(error: BaseException, where: str) -> int | None:
    """The last one of the file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename.endswith(where)), None)
