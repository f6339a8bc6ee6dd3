"""The doctor, on days and files that are not as they should be."""

import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from acme_assets_tests.monitoring.examined import Environ, about, only
from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn, settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import TryAgain
from acme_platform.ledger import failures
from acme_platform.monitoring.doctor import Level, examine
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

TWO = Days(day(2), day(2))


def test_a_delivered_day_that_is_not_loaded_is_missing(environ: Environ, services: Services) -> None:
    """New files are worth a look; files that no sensor took for long are bad. The command loads the days."""
    deliver(services, 2, 3)
    finding = only("raw.sales_orders", environ)
    assert (finding.level, finding.mend) == (Level.WARN, "acme run --days 2024-01-02..2024-01-03")

    settle(services, deliver_orders(services, 2), timedelta(hours=1))
    assert only("raw.sales_orders", environ).level is Level.BAD


def test_a_day_that_is_filled_in_raw_only_is_stale_downstream(
    environ: Environ, services: Services, pipeline: Pipeline, runner: Runner
) -> None:
    """The command can be typed, and its selection holds everything that is behind."""
    deliver(services, 2)
    pipeline.fill(day(2), layers=("raw",))
    (finding,) = (finding for finding in examine(environ) if "acme run" in finding.mend)

    assert finding.level is Level.WARN
    *_, days, _, selection = shlex.split(finding.mend)
    assert days == "2024-01-02"
    assert {"staging.sales_customers", "analytics.customer_orders", "cache.country"} <= set(runner.select(selection))


def test_a_filled_day_leaves_nothing_to_say(environ: Environ, services: Services, pipeline: Pipeline) -> None:
    """The daemon aside, which nobody started."""
    deliver(services, 2)
    pipeline.fill(day(2))

    assert {finding.subject for finding in examine(environ) if finding.level is not Level.OK} == {"daemon"}


@pytest.mark.slow
def test_a_refused_file_is_bad_until_it_is_mended(environ: Environ, services: Services, runner: Runner) -> None:
    """The reason, and how the mended file is delivered; a file that was taken away again is forgotten."""
    deliver_torn(services, 2)
    runner.run(("raw.sales_orders",), TWO)
    finding = only("raw.sales_orders", environ)
    assert finding.level is Level.BAD
    assert "quote" in finding.said
    assert "acme deliver sales orders FILE --day 2024-01-02" in finding.mend

    deliver_orders(services, 2)
    runner.run(("raw.sales_orders",), TWO)
    assert about("raw.sales_orders", environ) == []


def test_a_loaded_file_that_left_the_lake_is_worth_a_look(
    environ: Environ, services: Services, pipeline: Pipeline
) -> None:
    """Its rows stay, and somebody should know."""
    key = deliver_orders(services, 2)
    pipeline.fill(day(2), layers=("raw",))
    (Path(environ["ACME_LAKE_URL"]) / key).unlink()
    finding = only("raw.sales_orders", environ)

    assert (finding.level, key in finding.said) == (Level.WARN, True)


@pytest.mark.parametrize(
    "key", ["notes.txt", "salez/orders/2024-01-02.csv", "sales/order/2024-01-02.csv", "sales/orders/2024-13-01.csv"]
)
def test_a_name_that_belongs_nowhere_is_named_and_left_alone(environ: Environ, pipeline: Pipeline, key: str) -> None:
    """The doctor writes nothing down: the sensor still reports it."""
    pipeline.put(key, b"a,b\n")

    assert only(key, environ).level is Level.WARN
    assert pipeline.ask("select count(*) as rows from ledger.unplaced") == [{"rows": 0}]


def test_a_day_that_failed_is_told_with_its_reason_and_what_mends_it(environ: Environ, services: Services) -> None:
    """One for good and one that is tried again."""
    assert only("attempts", environ).level is Level.OK
    for name, error in (("customer_orders", KeyError("key")), ("top_paying_customers", TryAgain("a deadlock"))):
        made = failures.attempt(services.open_warehouse(), catalog.table(f"analytics.{name}"), "run")
        made.failed([day(3)], error)

    good, passing = only("analytics.customer_orders", environ), only("analytics.top_paying_customers", environ)
    assert (good.level, good.said) == (Level.BAD, "2024-01-03 failed: KeyError: 'key'")
    assert good.mend == "mend that, then acme run --select analytics/customer_orders --days 2024-01-03"
    assert (passing.level, passing.said) == (Level.WARN, "2024-01-03 failed: a deadlock")


def test_a_red_must_check_is_bad_with_its_days(environ: Environ, services: Services, pipeline: Pipeline) -> None:
    """A sum that was changed by hand breaks the promise about it."""
    deliver(services, 2, 3)
    pipeline.fill(day(2), day(3))
    pipeline.change("update analytics.customer_orders set order_amount = order_amount + 1 where day = '2024-01-03'")
    assert "customer_orders_sum_to_staged_orders" in pipeline.red("analytics.customer_orders", day(3))
    finding = only("analytics.customer_orders", environ)

    assert finding.level is Level.BAD
    assert "customer_orders_sum_to_staged_orders is red on 2024-01-03" in finding.said
    assert finding.mend.endswith("acme run --select analytics/customer_orders --days 2024-01-03")
