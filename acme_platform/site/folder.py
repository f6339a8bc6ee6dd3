"""The folder of the pages: written beside its place, and put there when it is whole.

Belongs here: files. Not here: what is in them (`pages.py`).

What was there before is taken away only if all of it was written by us, which a list in the folder says: a folder of
somebody else, or one that somebody put a file into, is refused.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from acme_platform.errors import UsageError

#: names the files that we wrote, one a line
LIST = ".acme-docs"


def refuse_foreign(target: Path) -> None:
    """Raise UsageError where something stands that we did not write."""
    if target.is_file():
        raise UsageError(f"{target} is a file", "name a folder: acme docs --to FOLDER")
    if others := _others(target):
        more = f", and {len(others) - 1} more" if others[1:] else ""
        raise UsageError(
            f"{target} holds what acme docs did not write: {others[0]}{more}", "name a new or an empty folder by --to"
        )


def replace(target: Path, files: Iterable[tuple[str, str]]) -> None:
    """Put the files there in place of those of the last time; a reader sees the old ones or the new ones."""
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as made:
        new, old = Path(made) / "new", Path(made) / "old"
        _write(new, files)
        refuse_foreign(target)
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise


def _write(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    folder.mkdir()
    names = []
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name)
    (folder / LIST).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def _others(target: Path) -> list[str]:
    if not target.is_dir():
        return []
    known = target / LIST
    ours = {LIST, *known.read_text(encoding="utf-8").splitlines()} if known.is_file() else set()
    return sorted(path.name for path in target.iterdir() if path.name not in ours)
