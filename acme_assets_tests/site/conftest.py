"""A small platform, filled, and the pages that `acme docs` writes of it.

Belongs here: what the tests of the pages share. Not here: what they expect.
"""

from pathlib import Path

import pytest

from acme_assets_tests.cli.conftest import Acme, acme, home, servers_of_the_tests
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.services import Services

__all__ = ["acme", "home", "servers_of_the_tests"]

#: a name that a page must not take for its own text
SCRIPT = "<script>alert(1)</script>"
CUSTOMERS = f"""
    customer_id | customer_name | country
    1           | {SCRIPT}      | USA
    2           | Bob & Co      | Norway
"""
#: the last amount cannot be read
ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 2           | 2024-01-01 | 10.10
    102      | 1           | 2024-01-01 | 7.00
    103      | 1           | 2024-01-01 | a lot
"""
LATER = """
    order_id | customer_id | order_date | amount
    201      | 2           | 2024-01-02 | 5.00
"""


@pytest.fixture
def pages(servers_of_the_tests: None, acme: Acme, tmp_path: Path) -> Path:  # noqa: ARG001  # the fixture above
    """Two customers, two orders and one that cannot be read on 1 January, one order more on 2 January."""
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.deliver("orders", day(2), LATER)
    pipeline.fill(day(1), day(2), accepts_rejects=True)
    pipeline.check("analytics.customer_orders", day(2))
    services.open_warehouse().close()
    services.open_redis().close()
    written = acme("docs", "--to", tmp_path / "docs")
    assert written.code == 0, written.err
    return tmp_path / "docs"
