"""A layer is asked for what is true of it, and never for its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import acme_platform
from acme_platform.errors import MendInput
from acme_platform.model import layer
from acme_platform.model.layer import RAW, Layer

ROOT = Path(acme_platform.__file__).parent
NAMES = {"raw", "staging", "analytics", "cache", "export"}
CONSTANTS = {name.upper() for name in NAMES}


def comparisons(text: str) -> Iterator[str]:
    """Comparisons of a layer, or of anything with a layer's name or schema."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and any(map(_is_a_layer, [node.left, *node.comparators])):
            yield ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".startswith"):
            yield from (ast.unparse(arg) for arg in node.args if ast.unparse(arg).strip("'./") in NAMES)


def _is_a_layer(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="name"):
            return _is_a_layer(node.value)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in {"layer", *CONSTANTS}
        case ast.Constant(value=value):
            return value in NAMES
        case ast.Tuple() | ast.List() | ast.Set():
            return any(map(_is_a_layer, node.elts))
    return False


def test_nothing_of_the_platform_tells_layers_apart_but_the_layers() -> None:
    own = {ROOT / "model" / "layer.py"}
    found = {
        f"{path.relative_to(ROOT)}: {comparison}"
        for path in ROOT.rglob("*.py")
        if path not in own
        for comparison in comparisons(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "text",
    [
        "table.layer == 'raw'",
        "table.layer is layer.CACHE",
        "table.layer.name in ('raw', 'staging')",
        "[one for one in tables if EXPORT != one.layer]",
        "name.startswith('staging.')",
        "full_name.partition('.')[0] != 'export'",
    ],
)
def test_a_comparison_is_found(text: str) -> None:
    assert len(list(comparisons(text))) == 1


@pytest.mark.parametrize("name", ["Raw", "json-lines", "", "ledger", "checks"])
def test_a_layer_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(MendInput, match="cannot be named"):
        layer.add(Layer(name, frozenset()))


@pytest.mark.parametrize("added", [RAW, Layer("raw", frozenset())])
def test_a_layer_of_the_platform_is_not_added_again(added: Layer) -> None:
    with pytest.raises(MendInput, match="two layers raw"):
        layer.add(added)


def test_two_layers_do_not_share_a_name_and_one_may_be_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "_known", layer._known.copy())
    for _ in range(2):
        layer.add(Layer("lines", frozenset({"json"})))
    with pytest.raises(MendInput, match="two layers lines"):
        layer.add(Layer("lines", frozenset({"csv"})))
