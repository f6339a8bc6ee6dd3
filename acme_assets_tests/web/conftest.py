"""One warehouse with its `acme serve` for all tests of a worker."""

from collections.abc import Iterator

import pytest

from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.web.served import Served, filled, serving


@pytest.fixture(scope="session")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with filled(tmp_path_factory.mktemp("web") / "home") as pipeline:
        yield pipeline


@pytest.fixture(scope="session")
def served(sales: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(sales.services, tmp_path_factory.mktemp("served")) as running:
        yield running
