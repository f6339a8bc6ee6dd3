"""A bench for all tests of this folder: making one takes a second, a case some hundredths."""

from collections.abc import Iterator

import pytest

from acme_platform.embedded import Addresses
from acme_platform.testing.bench import Bench, bench


@pytest.fixture(scope="session")
def workbench(servers: Addresses) -> Iterator[Bench]:
    with bench(servers.warehouse_url) as opened:
        yield opened
