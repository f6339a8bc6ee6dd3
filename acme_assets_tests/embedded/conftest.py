"""Servers in homes of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acme_assets_tests.embedded.homes import Command, settings_of
from acme_platform.config.settings import Settings
from acme_platform.embedded import stop


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Settings]:
    """Settings whose home holds nothing yet; what the test leaves running is stopped."""
    settings = settings_of(tmp_path / "home")
    yield settings
    stop(settings)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose home the tests of one module use one after the other, whatever the one before did to it."""
    settings = settings_of(tmp_path_factory.mktemp("kept") / "home")
    yield settings
    stop(settings)


@pytest.fixture
def command() -> Iterator[Callable[..., Command]]:
    """Starts commands; those still there are killed at the end."""
    started: list[Command] = []

    def start(home: Path, become: Callable[[], None] | None = None) -> Command:
        started.append(Command(home, become))
        return started[-1]

    yield start
    for server in started:
        server.kill()
