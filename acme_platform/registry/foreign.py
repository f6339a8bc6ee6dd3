"""Foreign modules: what stands beside the feeds in their package and is Dagster's own, as `dg scaffold defs` writes it.

Belongs here: telling it from what was meant to be a feed, by its text. Not here: loading it (`beside.py`).

Nothing is imported for it: a command that needs no Dagster does not pay for the assets of others.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

#: what a component stands in, which Dagster reads
COMPONENTS = ("defs.yaml", "defs.yml", "component.yaml")
#: the words of a feed
OURS = {"FEED", "Feed"}


def foreign(folders: Iterable[str]) -> dict[str, Path]:
    """Name -> the module or the folder, in alphabetical order."""
    paths = (path for folder in folders for path in Path(folder).iterdir() if path.name[0] not in "._")
    return {path.stem: path for path in sorted(paths) if _is_foreign(path)}


def _is_foreign(path: Path) -> bool:
    if path.is_dir():
        return not _is_feed(path / "__init__.py") and any(map(_is_dagsters, _files(path)))
    return path.suffix == ".py" and _is_dagsters(path)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix == ".py" or path.name in COMPONENTS)


def _is_feed(module: Path) -> bool:
    return module.is_file() and bool(OURS & _names(module))


def _is_dagsters(file: Path) -> bool:
    """A module that names a feed was meant to be one, whatever else it imports."""
    if file.name in COMPONENTS:
        return True
    names = _names(file)
    return not OURS & names and any(name.startswith("dagster") for name in names)


def _names(module: Path) -> set[str]:
    """The names that it uses and imports; every word of what Python cannot read."""
    text = module.read_bytes().decode(errors="replace")
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return set(re.findall(r"\w+", text))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    modules = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {node.id for node in nodes if isinstance(node, ast.Name)} | imported | (modules - {""})
