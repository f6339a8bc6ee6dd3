"""`acme recapture`: the command that a refused reading and the doctor name does what they say."""

from pathlib import Path

import pytest

from acme_assets_tests.support.capturing import SLOT, Captured, delete, insert

from .conftest import Acme


@pytest.mark.slow
@pytest.mark.usefixtures("servers_of_the_tests")
def test_what_a_refused_run_asks_for_leaves_nothing_lacking(
    acme: Acme, captured: Captured, dagster_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "ACME_DAGSTER_URL": dagster_url,
        "DAGSTER_HOME": str(home / "dagster"),
        "ACME_OPERATIONS_URL": captured.url,
        "ACME_OPERATIONS_CAPTURE": SLOT,
    }.items():
        monkeypatch.setenv(name, value)
    raw = ("run", "--days", "today", "--select", "raw/operations_orders")
    captured.run(insert(1), insert(2))
    assert acme(*raw).code == 0
    captured.run(
        f"alter publication {SLOT} set (publish = 'insert')",
        delete(1),
        f"alter publication {SLOT} set (publish = 'insert, update, delete, truncate')",
    )

    refused = acme(*raw)
    assert refused.code == 1
    assert "next: acme recapture" in refused.err
    assert acme("recapture").code == 0
    assert captured.differences() == []
    assert captured.current() == {2: "PENDING"}


def test_without_capture_there_is_nothing_to_copy_anew(acme: Acme) -> None:
    answer = acme("recapture")

    assert answer.code == 2
    assert "ACME_SOURCE_FINANCE_CAPTURE is not set" in answer.err
