"""Writing: new files into the project, and nothing over what stands.

Belongs here: where modules and SQL are, names that can be given, refusing. Not here: what files say.
"""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path

from acme_platform.errors import UsageError
from acme_platform.model.company import company
from acme_platform.registry import catalog


def modules() -> Path:
    """The folder of the company's feeds."""
    return Path(next(iter(importlib.import_module(company().feeds).__path__)))


def module_of(feed: str) -> Path:
    """The module that declares the feed."""
    package = importlib.import_module(company().feeds)
    for folder in map(Path, package.__path__):
        for path in (folder / f"{feed}.py", folder / feed / "__init__.py", *sorted(folder.glob("*.py"))):
            if path.is_file() and re.search(rf"name=[\"']{feed}[\"']", path.read_text(encoding="utf-8")):
                return path
    raise UsageError(f"no module of {package.__name__} says name={feed!r}", "write its lines by hand: CONTRIBUTING.md")


def checked_name(name: str, what: str) -> str:
    """The name, or a UsageError that says how one looks."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UsageError(f"{name!r} is no name of a {what}", "name it in small letters, digits and _")
    return name


def name_of(path: Path) -> str:
    """Of what a file holds, by its own name: `Visits-2024-03-14.csv.gz` holds visits."""
    words = re.sub("[^a-z0-9]+", "_", path.name.partition(".")[0].lower()).strip("_")
    return re.sub("(_[0-9]+)+$", "", words)


def refuse_feed(name: str) -> None:
    """Raise UsageError where there is such a feed, sound or broken."""
    if name in catalog.feeds() or name in catalog.broken():
        raise UsageError(f"there is a feed {name}", f"take another name than {', '.join(catalog.feeds())}")


def write(new: Mapping[Path, str], changed: Mapping[Path, str] | None = None) -> None:
    """All of the new files and then the changed ones, or none. Raises UsageError where a new one is there."""
    if there := [path for path in new if path.exists()]:
        raise UsageError(f"there is {there[0]}", "take another name, or remove the file")
    for path, text in (*new.items(), *(changed or {}).items()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def in_sql(files: Mapping[Path, str]) -> dict[Path, str]:
    """Where `sql/` is."""
    return {company().sql / path: text for path, text in files.items()}
