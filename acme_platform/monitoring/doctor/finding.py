"""Findings: what a check says.

Belongs here: the value. Not here: any check.
"""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    #: works, and is worth a look
    WARN = "warn"
    #: something does not work, or data is missing or wrong
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    subject: str
    said: str
    #: the command or action that mends it; empty where nothing is to be mended
    mend: str = ""


def ok(subject: str, said: str) -> Finding:
    return Finding(Level.OK, subject, said)


def warn(subject: str, said: str, mend: str) -> Finding:
    return Finding(Level.WARN, subject, said, mend)


def bad(subject: str, said: str, mend: str) -> Finding:
    return Finding(Level.BAD, subject, said, mend)
