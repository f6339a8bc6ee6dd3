"""SQL files as they were: when they filled days, or at a commit.

Belongs here: finding the text of before. Not here: what an edit means (`edits.py`).
"""

import subprocess
from collections.abc import Iterator
from pathlib import PurePosixPath

from acme_platform.cursor import Cursor
from acme_platform.errors import UsageError
from acme_platform.ledger import builds
from acme_platform.model.company import company
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table


def that_filled(cursor: Cursor, table: Table) -> SqlFile | None:
    """The file as it was when it last filled a day, if that is another SQL than now and its text is known."""
    text = builds.older_text(cursor, table)
    return None if text is None else SqlFile(table.layer.name, table.name, text)


def since(reference: str, folders: list[str]) -> Iterator[tuple[SqlFile | None, SqlFile | None]]:
    """(before, now) of each file of the folders whose text is another one than at the commit."""
    paths = _git(reference, "ls-tree", "-r", "--name-only", reference, "--", ".").splitlines()
    before = {(path.parent.name, path.stem) for path in map(PurePosixPath, paths) if path.match("*/*.sql")}
    now = {(path.parent.name, path.stem) for path in company().sql.glob("*/*.sql")}
    for folder, name in sorted(before | now):
        if folder not in folders:
            continue
        old = SqlFile(folder, name, _shown(reference, folder, name)) if (folder, name) in before else None
        new = SqlFile(folder, name, _read(folder, name)) if (folder, name) in now else None
        if old is None or new is None or old.text != new.text:
            yield old, new


def _shown(reference: str, folder: str, name: str) -> str:
    return _git(reference, "show", f"{reference}:./{folder}/{name}.sql")


def _read(folder: str, name: str) -> str:
    return (company().sql / folder / f"{name}.sql").read_text(encoding="utf-8")


def _git(reference: str, *words: str) -> str:
    """What git says where the SQL files are. Raises UsageError where it cannot tell."""
    if reference.startswith("-"):
        raise UsageError(f"{reference!r} is no commit", "name one that git log shows")
    command = ["git", "-C", str(company().sql), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # words of ours
    except FileNotFoundError as error:
        raise UsageError("git is not installed, and --since asks it", "install git, or leave out --since") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()
        raise UsageError(
            f"git knows no SQL files at {reference!r}: {said[-1] if said else 'it says nothing'}",
            "name a commit that git log shows; in a shallow clone, git fetch --unshallow",
        ) from error
    return done.stdout
