"""What tests of several ways in share.

Belongs here: fixtures. Not here: those of one way, which stand beside its tests.
"""

import pytest

from acme_platform.ingest.incremental import ranges


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges and budgets of a table that one reading cannot compare: two keys, four rows, six in a later round."""
    monkeypatch.setattr(ranges, "BITS", 1)
    monkeypatch.setattr(ranges, "AT_ONCE", 4)
    monkeypatch.setattr(ranges, "IN_A_ROUND", 6)
