"""Typed paths: a folder or file of the command line that cannot be used is its author's, and no bug of ours.

Belongs here: telling which errors of the system are about one. Not here: what is wrong with the state's own folder
(`config`), a full disk (`full_disk.py`).
"""

from collections.abc import Iterable
from pathlib import Path

from acme_platform.errors import UsageError


def of_typed(error: Exception, words: Iterable[str]) -> UsageError | None:
    """None where the error is about no path, or about one that nobody typed."""
    if not isinstance(error, OSError) or not isinstance(error.filename, str):
        return None
    failed = Path(error.filename).absolute()
    if not any(_concerns(failed, Path(word.rpartition("=")[2]).absolute()) for word in words):
        return None
    return UsageError(f"{failed} cannot be used: {error.strerror}", "name a place where you may write, such as ./out")


def _concerns(failed: Path, typed: Path) -> bool:
    """Itself, what lies in it, a folder above it that could not be made, or its draft beside it."""
    is_draft = failed.parent == typed.parent and typed.name in failed.name
    return is_draft or failed.is_relative_to(typed) or typed.is_relative_to(failed)
