"""`acme up` whose processes are killed, each kind in its own time, while files come in; the state accumulates.

A reader looks 20 times a second. Nothing is waited for between two kills: several processes are away at a time. The
long form is `-m slow`.
"""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from redis import RedisError

from acme_assets_tests.embedded.homes import settings_of
from acme_assets_tests.resilience.clicks import clicking
from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.resilience.killer import KINDS, Killer
from acme_assets_tests.resilience.reader import reading
from acme_assets_tests.support.up import Up, red, start
from acme_platform.config.settings import Settings
from acme_platform.embedded import stop
from acme_platform.errors import AcmeError

#: waits of deploy/dagster.yaml, and shorter ones: so many workers die here that their runs would fill the queue
HASTE = {
    "max_concurrent_runs: 2": "max_concurrent_runs: 4",
    "poll_interval_seconds: 15": "poll_interval_seconds: 5",
    # a worker that is killed before its first sign of life is missed after that time only
    "start_timeout_seconds: 90": "start_timeout_seconds: 30",
}
#: what the platform may need to heal: two killed runs of a day, a pause after them, and a machine that is busy
PATIENCE_SECONDS = 480
#: between two deliveries
REST = (2.0, 5.0)


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a home with servers of its own, which may be killed."""
    home = tmp_path_factory.mktemp("killed") / "home"
    home.mkdir()
    return settings_of(home)


@pytest.fixture
def up(settings: Settings, filled: Deliveries) -> Iterator[Up]:  # noqa: ARG001  # it starts over what is there
    """Over a home that was filled before; its daemon hurries as soon as it is started again."""
    running = start(settings.home)
    hurry(settings.home / "dagster/dagster.yaml")
    yield running
    running.process.terminate()
    running.process.wait(90)
    stop(settings)


def hurry(file: Path) -> None:
    text = file.read_text()
    for wait, shorter in HASTE.items():
        assert wait in text
        text = text.replace(wait, shorter)
    file.write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "pace"), [(1, (1.0, 8.0)), pytest.param(50, (21.0, 24.0), marks=pytest.mark.slow)], ids=["1", "50"]
)
def test_a_platform_whose_processes_are_killed_shows_nothing_wrong_and_heals_by_itself(
    up: Up, filled: Deliveries, kills: int, pace: tuple[float, float]
) -> None:
    """So many of each kind. What is killed before it lived for 20 s, six times in a row, `acme up` leaves to people."""
    chosen = random.Random(20240101)  # noqa: S311  # the same deliveries in every run
    with reading(up.settings) as reader:
        killer = Killer(up, kills, pace, lambda: len(reader.seen))
        with clicking(up):
            for generation in count(10):
                filled.deliver(chosen.choice(DAYS), generation)
                killer.work(chosen.uniform(*REST))
                assert up.process.poll() is None, up.said()
                if killer.is_done():
                    break
        until_healed(filled)
        until_well(up)
    assert killer.kills == dict.fromkeys(KINDS, kills)
    assert reader.faults == []
    assert reader.seen <= filled.possible()
    assert reader.looks > 20 * kills
    assert len(reader.seen) > 1 + kills / 4, "the platform did nothing that a reader could see"


def until_healed(deliveries: Deliveries) -> None:
    """Every table and Redis say what an undisturbed fill would."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: object = "no answer"
    while found != deliveries.truth():
        assert time.monotonic() < deadline, f"{found} is not {deliveries.truth()}"
        time.sleep(0.5)
        with suppress(AcmeError, RedisError):  # a server that was killed last
            found = deliveries.found()


def until_well(up: Up) -> None:
    """The doctor finds nothing bad; an error of the daemon is told for five minutes after it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while bad := red(up.home):
        assert time.monotonic() < deadline, bad
        time.sleep(1)
