"""The rooms of the platform: what stands above may import what stands below, and never the other way round."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import acme_platform

ROOT = Path(acme_platform.__file__).parent
#: from the ground up
ROOMS = (
    "errors",
    "wording",
    "cursor",
    "full_disk",
    "interrupts",
    "day",
    "model.company",
    "model.engine",
    "config",
    "lake",
    "model",
    "portable",
    "registry",
    "values",
    "ingest.csv",
    "embedded.keeping",
    "embedded",
    "warehouse",
    "ledger.parts",
    "ledger",
    "schema",
    "differences",
    "ingest.database",
    "ingest.files",
    "ingest.incremental",
    "ingest.cdc",
    "checks",
    "transform",
    "profiling",
    "engine.parts",
    "engine.session",
    "engine",
    "engine.copies",
    "rendering",
    "serving",
    "services",
    "testing",
    "scaffolding",
    "materialize",
    "deployment.entrance",
    "deployment",
    "web",
    "monitoring",
    "monitoring.doctor",
    "site",
    "orchestration",
    "triggers",
    "planning",
    "build",
    "definitions",
    "runs",
    "replay",
    "cli.terminal",
    "cli.shells",
    "cli.making",
    "cli.service",
    "cli.changes",
    "cli.seeing",
    "cli",
)
#: modules of a room that a person still finds their way in
MOST = 15


def modules() -> dict[str, Path]:
    """Module -> file, without the package's name."""
    found = {path: path.relative_to(ROOT).with_suffix("").parts for path in ROOT.rglob("*.py")}
    return {".".join(parts).removesuffix("__init__").strip("."): path for path, parts in found.items()}


def room(module: str) -> str:
    """The innermost room that a module stands in; empty for a hall that holds rooms only."""
    return max((one for one in ROOMS if f"{module}.".startswith(f"{one}.")), key=len, default="")


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module.removeprefix("acme_platform.") in known else node.module


def arrows() -> list[tuple[str, str]]:
    """(module that imports, module of ours that is imported)"""
    known = modules()
    return [
        (module, imported.removeprefix("acme_platform."))
        for module, path in known.items()
        for imported in imports(path, known)
        if imported.startswith("acme_")
    ]


def test_every_module_stands_in_a_room() -> None:
    assert [module for module in modules() if module not in {"", "ingest"} and not room(module)] == []


def test_an_arrow_points_down_or_stays_in_its_room() -> None:
    upwards = [
        f"{module} -> {imported}"
        for module, imported in arrows()
        if module and ROOMS.index(room(module)) < ROOMS.index(room(imported))
    ]
    assert sorted(upwards) == []


def test_the_platform_knows_no_company() -> None:
    assert [arrow for arrow in arrows() if arrow[1].startswith("acme_assets")] == []


def test_the_platform_names_no_source_of_the_company() -> None:
    """They stand in its `COMPANY`, with their variables and what plays them."""
    words = "finance|ACME_OPERATIONS|operations[_.]"
    assert [str(path) for path in ROOT.rglob("*.py") if re.search(words, path.read_text(encoding="utf-8"))] == []


def test_no_room_is_a_hall() -> None:
    size = Counter(map(room, modules()))
    assert {name: count for name, count in size.items() if count > MOST} == {}


@pytest.mark.parametrize(("module", "expected"), [("cli.terminal.console", "cli.terminal"), ("cli.run", "cli")])
def test_a_module_belongs_to_its_innermost_room(module: str, expected: str) -> None:
    assert room(module) == expected


def test_private_names_of_dagster_are_imported_in_one_place() -> None:
    """What an upgrade may take away is named in `dagster_private.py`, with its reason."""
    private = {
        module
        for module, path in modules().items()
        if any(imported.startswith("dagster._") for imported in imports(path, {}))
    }
    assert private == {"deployment.dagster_private"}
