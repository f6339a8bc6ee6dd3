"""`acme run --accept-rejects`: what is said of a delivery of which too much cannot be read, and how it is taken."""

import pytest

from acme_assets_tests.support.days import deliver_customers, settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.services import Services

from .conftest import Acme

HEADER = b"order_id,customer_id,order_date,amount\n"
#: as one sender wrote them: of ten days four can be read, and none of those is right
SWAPPED = HEADER + b"".join(b"%d,1,%s,5.00\n" % (n, b"2024-01-01" if n < 5 else b"13/01/2024") for n in range(1, 11))
ACCEPT = "acme run --select raw/sales_orders+ --days 2024-01-01 --accept-rejects"


@pytest.mark.slow
@pytest.mark.usefixtures("servers_of_the_tests")
def test_a_refused_delivery_is_told_everywhere_with_the_command_that_takes_it_as_it_is(
    acme: Acme, home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", f"{home}/dagster")
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    deliver_customers(services, 1)
    settle(services, pipeline.deliver("orders", day(1), SWAPPED))

    refused = acme("run", "--select", "group:sales", "--days", "2024-01-01")

    assert refused.code == 1
    assert "sales/orders/2024-01-01.csv: 6 of its 10 rows cannot be read; the first is row 5" in refused.err
    assert ACCEPT in refused.err
    assert acme("query", "customer_orders").code != 0 or "Ann" not in acme("query", "customer_orders").out
    shown = acme("rejects", "sales", "--day", "2024-01-01")
    assert "6 of 6 quarantined rows, 1 refused file" in shown.out
    assert ACCEPT in shown.err
    (line,) = [one for one in acme("status").out.splitlines() if one.startswith("raw.sales_orders")]
    assert line.split()[-1] == "1"
    examined = acme("doctor")
    assert ACCEPT in " ".join(f"{examined.out} {examined.err}".split())

    taken = acme(*ACCEPT.split()[1:])

    assert taken.code == 0
    assert acme("query", "customer_orders", "--format", "csv").out.splitlines()[1] == "1,Ann,4"
    assert acme("run", "--select", "group:sales", "--days", "2024-01-01", "--force").code == 0
    services.open_warehouse().close()
    services.open_redis().close()
