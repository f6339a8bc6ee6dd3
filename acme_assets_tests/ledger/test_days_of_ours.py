"""Days of ours: whoever asks for another one, it is refused where days are filled, and in words."""

from datetime import date, timedelta

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import today
from acme_platform.deployment.run_tags import RANGE_END, RANGE_START, tagged_days
from acme_platform.errors import AcmeError, NotReady
from acme_platform.materialize.fill import ensure_filled
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

TOMORROW = today() + timedelta(days=1)
FAR, BEFORE = date(2030, 1, 1), date(2023, 12, 31)


def launched(runner: Runner, tags: dict[str, str], *names: str) -> list[str]:
    """A run as GraphQL starts one, with these tags; what its steps say."""
    job = runner._job(())  # what every entrance runs in the end
    result = job.execute_in_process(
        instance=runner.instance,
        asset_selection=[asset_key(name) for name in names],
        tags=tags,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    assert not result.success
    return [
        str(event.step_failure_data.user_failure_data.description)
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    ]


@pytest.mark.few(1)
@pytest.mark.parametrize("outside", [FAR, TOMORROW, BEFORE])
@pytest.mark.parametrize("table", ["raw.sales_orders", "analytics.sales_by_country", "cache.country"])
def test_a_day_that_is_none_is_refused_where_days_are_filled(sold: Pipeline, table: str, outside: date) -> None:
    with pytest.raises(NotReady) as refused:
        sold.fill_table(table, outside)

    assert f"{table} of {outside} is not filled" in refused.value.message
    assert f"acme wipe --days {outside}" in refused.value.next_step


@pytest.mark.slow
def test_a_day_that_is_none_is_refused_although_it_stands(sold: Pipeline) -> None:
    """Somebody filled it before there was this rule."""
    sold.change("update ledger.builds set day = '2030-01-01' where day = '2024-01-02'")
    for table in FEED.tables:
        with pytest.raises(NotReady):
            ensure_filled(sold.services, FEED, catalog.table(table.full_name), FAR, "run")


@pytest.mark.slow
def test_a_launch_with_the_tag_of_such_a_day_fills_nothing(runner: Runner, sold: Pipeline) -> None:
    """GraphQL takes any tag: a launch of 2030-01-01 succeeded, and Redis held that day for ever."""
    before = sold.hashes()

    said = launched(runner, {"dagster/partition": "2030-01-01"}, "raw.sales_orders")

    assert len(said) == 1
    assert "raw.sales_orders of 2030-01-01 is not filled: it ends after today" in said[0]
    assert sold.ask("select * from ledger.builds where day > '2024-01-02'") == []
    assert sold.ask("select * from ledger.failures") == []
    assert sold.hashes() == before


@pytest.mark.slow
def test_a_launch_of_a_range_that_ends_after_today_fills_no_day_of_it_that_is_none(
    runner: Runner, sold: Pipeline
) -> None:
    tags = {RANGE_START: str(today()), RANGE_END: "2030-01-01"}

    assert launched(runner, tags, "raw.sales_orders")

    assert sold.ask("select * from ledger.builds where day > %(today)s", {"today": today()}) == []
    assert sold.ask("select * from ledger.verdicts where day > %(today)s", {"today": today()}) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "tags",
    [
        {RANGE_START: "2024-01-05", RANGE_END: "2024-01-01"},
        {},
    ],
)
def test_a_launch_that_names_no_day_is_refused_in_words(runner: Runner, sold: Pipeline, tags: dict[str, str]) -> None:
    """What else is no day, Dagster itself refuses before there is a run."""
    (said,) = launched(runner, tags, "raw.sales_orders")

    assert said.startswith("this run names no day, or none that can be read")
    assert sold.built("raw.sales_orders") == {1, 2}


def test_what_such_a_run_is_tagged_with_keeps_no_sensor_from_looking() -> None:
    """They ask every run that is under way for its days."""
    for tags in (
        {"dagster/partition": "latest"},
        {"dagster/partition": "20240102"},
        {RANGE_START: "2024-01-05", RANGE_END: "2024-01-01"},
        {RANGE_START: "2024-01-01"},
    ):
        assert tagged_days(tags) is None


@pytest.mark.slow
def test_a_check_of_a_day_that_is_none_leaves_no_verdict(runner: Runner, sold: Pipeline) -> None:
    job = runner._job(()).get_subset(
        asset_selection=set(),
        asset_check_selection={dg.AssetCheckKey(asset_key("raw.sales_orders"), "something_delivered")},
    )
    job.execute_in_process(instance=runner.instance, tags={"dagster/partition": "2030-01-01"}, raise_on_error=False)

    assert sold.ask("select * from ledger.verdicts where day = '2030-01-01'") == []


def test_a_day_of_today_is_one_of_ours(services: Services) -> None:
    deliver(services, 1)
    Pipeline(services).fill(day(1), today())


def test_being_refused_is_the_reader_s_to_mend() -> None:
    assert issubclass(NotReady, AcmeError)
    assert NotReady.exit_code == 1
