"""What stands beside the feeds: definitions that Dagster loads by its own rules, as `dg scaffold defs` writes them.

Belongs here: loading them, each by itself, and whether they fit to ours. Not here: which modules these are
(`registry/foreign.py`).

Dagster's loader takes a folder as a whole, and one module that cannot be loaded would take the feeds along. So it is
given one module, or one folder, after the other.
"""

import importlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import dagster as dg
from dagster.components.core.decl import ComponentDecl, build_filesystem_component_decl_from_context
from dagster.components.core.defs_module import ComponentPath

from acme_platform.model.company import company
from acme_platform.registry import catalog


def fitting(ours: Sequence[dg.Definitions]) -> list[dg.Definitions]:
    """All that Dagster takes beside ours; what it does not take is set aside, and told."""
    theirs = dict(_loaded(catalog.beside()))
    if not theirs or _misfit([*ours, *theirs.values()]) is None:
        return list(theirs.values())
    return list(_one_by_one(ours, theirs))


def _one_by_one(ours: Sequence[dg.Definitions], theirs: Mapping[str, dg.Definitions]) -> Iterator[dg.Definitions]:
    """Somebody's key, name or resource is in another one's way."""
    taken = list(ours)
    for name, definition in theirs.items():
        if error := _misfit([*taken, definition]):
            catalog.set_module_aside(name, error)
        else:
            taken.append(definition)
            yield definition


def _misfit(together: Iterable[dg.Definitions]) -> Exception | None:
    """Merged anew for each look: what was resolved once cannot be merged with more."""
    try:
        dg.Definitions.validate_loadable(dg.Definitions.merge(*together))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        return error
    return None


def _loaded(beside: Mapping[str, Path]) -> Iterator[tuple[str, dg.Definitions]]:
    for name, path in beside.items():
        try:
            yield name, _built(path)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
            catalog.set_module_aside(name, _cause(error))


def _built(path: Path) -> dg.Definitions:
    """Without warnings: Dagster's loader calls functions of its own and of others that are about to change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _tree(path).build_defs(path)


def _cause(error: BaseException) -> BaseException:
    """What the author did: Dagster draws its tree around it."""
    while error.__cause__:
        error = error.__cause__
    return error


def _tree(path: Path) -> dg.ComponentTree:
    """Dagster's tree of this one module or folder."""

    class Only(dg.ComponentTree):
        def _get_filesystem_decl(self) -> ComponentDecl[dg.Component]:
            place = self.decl_load_context.for_component_loc(ComponentPath.from_path(path))
            declaration = build_filesystem_component_decl_from_context(place)
            if declaration is None:
                raise dg.DagsterInvalidDefinitionError(f"there is nothing of Dagster's in {path.name}")
            return declaration

    package = ModuleType(company().feeds)
    package.__file__ = str(path.parent / "__init__.py")
    importlib.import_module(company().feeds)
    return Only(defs_module=package, project_root=path.parents[len(company().feeds.split("."))])
