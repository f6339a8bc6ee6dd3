"""docs/trust.md names a test for every promise, and each of them is there."""

import ast
import re
from pathlib import Path

from acme_platform.config.settings import PROJECT

TESTS = PROJECT / "acme_assets_tests"
#: `file::test` in a row of the table
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows() -> list[str]:
    lines = (PROJECT / "docs" / "trust.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith("| promise ")]


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test() -> None:
    assert len(rows()) > 20
    assert [row for row in rows() if not NAMED.search(row)] == []


def test_every_test_that_a_promise_names_is_there() -> None:
    named = [test for row in rows() for test in NAMED.findall(row)]
    there = {file: functions_of(TESTS / file) for file, _ in named if (TESTS / file).is_file()}
    assert [f"{file}::{test}" for file, test in named if test not in there.get(file, ())] == []
