"""Capture that is interrupted: no change is lost and none comes twice, whatever dies and wherever it stood."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

from acme_assets_tests.support.capturing import Captured, insert
from acme_assets_tests.support.logical import Logical
from acme_platform.day import today
from acme_platform.ingest.cdc.capture import Capture
from acme_platform.ingest.cdc.replication_slot import Slot


@pytest.mark.few(1)
@pytest.mark.parametrize("step", ["_take", "_load_changes", "_keep", "_mark_complete"])
def test_a_reading_that_dies_before_its_commit_is_made_again(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    captured.extract(today(), "run 1")
    before, expected = captured.place(), captured.history()
    with monkeypatch.context() as patched:
        patched.setattr(Capture, step, dying(getattr(Capture, step)))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 2")
    assert (captured.place(), captured.statuses()) == (before, [])
    captured.extract(today(), "run 3")
    captured.extract(today(), "run 4")

    assert captured.statuses() == expected


def dying(method: Callable[..., object]) -> Callable[..., None]:
    def die(*arguments: object) -> None:
        method(*arguments)
        raise KeyboardInterrupt

    return die


@pytest.mark.few(1)
@pytest.mark.parametrize("step", ["_claim", "_copy", "_keep", "_take"])
def test_a_first_copy_that_dies_is_made_again_with_a_new_slot(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    captured.order(1, "2024-01-01 10:00")
    with monkeypatch.context() as patched:
        patched.setattr(Capture, step, dying(getattr(Capture, step)))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 1")
    captured.run(insert(2))
    captured.extract(today(), "run 2")
    captured.run(insert(3))
    captured.extract(today(), "run 3")

    assert sorted(captured.statuses()) == [(number, "PENDING", False) for number in (1, 2, 3)]


@pytest.mark.slow
def test_what_was_kept_and_not_confirmed_comes_once(captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    captured.extract(today(), "run 1")
    before, expected = captured.confirmed(), captured.history()
    with monkeypatch.context() as patched:
        patched.setattr(Slot, "advance", dying(lambda *_: None))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 2")
    assert captured.statuses() == expected
    assert captured.confirmed() == before
    captured.run(insert(3))
    captured.extract(today(), "run 3")

    assert captured.statuses() == [*expected, (3, "PENDING", False)]
    assert captured.confirmed() > before


@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
def test_a_source_that_restarts_loses_and_doubles_nothing(
    captured: Captured, logical: Logical, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """In order or by a crash, between two readings and in the middle of one."""
    captured.extract(today(), "run 1")
    expected = captured.history()
    captured.extract(today(), "run 2")
    logical.restart(how=signal.Signals[how])
    captured.run(insert(3))
    take = Capture._take

    def restarting(*arguments: Any) -> object:  # noqa: ANN401  # whatever it takes
        logical.restart(how=signal.Signals[how])
        return take(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Capture, "_take", restarting)
        captured.extract(today(), "run 3")
    captured.extract(today(), "run 4")

    assert captured.statuses() == [*expected, (3, "PENDING", False)]
