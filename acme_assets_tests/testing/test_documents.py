"""The tests that stand beside ACME's own SQL files."""

import pytest

from acme_platform.registry import catalog
from acme_platform.testing.bench import Bench
from acme_platform.testing.document import Case, cases, paths

CASES = [case for path in paths() for case in cases(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_drawn_beside_a_sql_file_holds(workbench: Bench, case: Case) -> None:
    assert workbench.failure(case) == ""


def test_every_kind_of_file_has_some() -> None:
    """Versions, all changes and quoted snapshots among those of staging."""
    kinds = {case.file.folder for case in CASES}
    assert kinds == {"staging", "analytics", "cache", "export", "checks", "queries"}
    keeps = {catalog.table(f"staging.{case.file.name}").keep for case in CASES if case.file.folder == "staging"}
    assert keeps == {"versions", "changes", "snapshot"}
