"""The engine that tests compute with: the embedded one, shared by the workers, and tables of the test's own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets_tests.conftest import FIRST_DAY
from acme_assets_tests.engine.alike import Both, both
from acme_assets_tests.support.databases import database
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.embedded import Addresses
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.spark import Spark


@pytest.fixture(scope="session")
def engine_url(session_folder: Path) -> str:
    """Of the session's embedded engine."""
    return embedded.engine(Settings(session_folder / "acme", None, None, None, str(session_folder / "lake"), FIRST_DAY))


@pytest.fixture(scope="module")
def session(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Spark:
    return Spark(engine_url, TableFiles(tmp_path_factory.mktemp("tables").as_uri()))


@pytest.fixture
def spark(session: Spark, tmp_path: Path) -> Iterator[Spark]:
    """The module's session, with tables of the test's own."""
    shared = session.files
    session.files = replace(shared, url=(tmp_path / "tables").as_uri())
    yield session
    session.files = shared


@pytest.fixture(scope="module")
def engines(session: Spark, servers: Addresses, warehouse_template: str) -> Iterator[Both]:
    """Both engines over the same few rows, for statements that change nothing."""
    with database(servers.warehouse_url, warehouse_template) as url, both(url, session) as made:
        yield made
