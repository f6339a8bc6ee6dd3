"""The log of one server: what it says on its standard output and error, appended to one file.

Belongs here: keeping the file short and quoting its end. Not here: what the quoted words mean (`failure.py`).
"""

import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

#: a log longer than this is set aside when the server starts, and the one set aside before is forgotten
LONGEST = 10_000_000


@dataclass(frozen=True)
class Log:
    """A file that only its owner reads."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def __len__(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def open(self) -> FileIO:
        """For appending."""
        return FileIO(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "a")

    def turn(self) -> None:
        if len(self) > LONGEST:
            self.path.replace(self.path.with_suffix(".old"))

    def last_words(self, since: int = 0, lines: int = 8) -> str:
        """The last lines, none of them from before the log was `since` bytes long."""
        if not self.path.exists():
            return ""
        said = self.path.read_bytes()[since:].decode(errors="replace").rstrip().splitlines()
        return "\n".join(f"  | {line}" for line in said[-lines:])
