"""Backfills: a range is a few runs, and launching it again does only what is missing or stale."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn, one, span
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.deployment.run_tags import range_tags
from acme_platform.errors import UsageError
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import Filled
from acme_platform.model import sql_file
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Feed, Table
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Outcome, Runner
from acme_platform.services import Services

#: 2 raw, 2 staging, 3 analytics, 1 cache
TABLES = 8


def launch(runner: Runner, days: Days, *, force: bool = False) -> Outcome:
    return runner.run(runner.select("group:sales"), days, RunOptions(force=force))


def filled_by(services: Services, *outcomes: Outcome) -> dict[str, set[int]]:
    """Table -> the days that these runs filled, raw left out: it is always asked again."""
    found: dict[str, set[int]] = {}
    for row in Pipeline(services).ask(
        "select table_name, day from ledger.builds where run_id = any(%(runs)s) and table_name not like 'raw.%%'",
        {"runs": [outcome.run_id for outcome in outcomes]},
    ):
        found.setdefault(row["table_name"], set()).add(row["day"].day)
    return found


@contextmanager
def dying_at(monkeypatch: pytest.MonkeyPatch, table_name: str, number: int) -> Iterator[None]:
    """Ctrl-C comes when the table is at that day."""
    filling = machinery(catalog.table(table_name))
    whole = filling.fill

    def half(services: Services, feed: Feed, table: Table, on: date, run_id: str) -> Filled:
        if (table.full_name, on) == (table_name, day(number)):
            raise KeyboardInterrupt
        return whole(services, feed, table, on, run_id)

    with monkeypatch.context() as patch:
        patch.setattr(filling, "fill", half)
        yield


@pytest.mark.slow
def test_a_range_that_was_cut_off_half_way_and_is_launched_again_fills_only_the_rest(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off at day 3 of the second of two tables of staging: 4 + 2 of its days are there, none of what follows."""
    deliver(runner.services, 1, 2, 3, 4)
    with dying_at(monkeypatch, "staging.sales_orders", 3):
        assert not launch(runner, span(1, 4)).success

    again = launch(runner, span(1, 4))

    assert again.success
    assert filled_by(runner.services, again) == {
        "staging.sales_orders": {3, 4},
        "analytics.customer_orders": {1, 2, 3, 4},
        "analytics.sales_by_country": {1, 2, 3, 4},
        "analytics.top_paying_customers": {1, 2, 3, 4},
        "cache.country": {1, 2, 3, 4},
    }
    Pipeline(runner.services).expect(
        "analytics.customer_orders where customer_id = 1",
        """
        day        | order_count | order_amount
        2024-01-01 | 1           | 10.00
        2024-01-02 | 2           | 20.00
        2024-01-03 | 3           | 30.00
        2024-01-04 | 4           | 40.00
        """,
    )


@pytest.mark.slow
def test_a_range_that_stands_is_left_alone_keeps_its_verdicts_and_says_since_which_run(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    first = launch(runner, span(1, 2))
    verdicts = "select table_name, day, check_name, broken_rows from ledger.verdicts order by 1, 2, 3"
    before = Pipeline(runner.services).ask(verdicts)

    again = launch(runner, span(1, 2))

    assert again.success
    assert filled_by(runner.services, again) == {}
    assert Pipeline(runner.services).ask(verdicts) == before
    (event,) = [
        event.asset_materialization
        for event in runner.instance.all_logs(again.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        if (event.asset_materialization.asset_key, event.asset_materialization.partition)  # type: ignore[union-attr]
        == (asset_key("staging.sales_orders"), "2024-01-02")
    ]
    assert event is not None
    assert event.metadata["unchanged_since_run"].value == first.run_id


@pytest.mark.slow
def test_raw_of_an_unchanged_day_keeps_its_change_so_that_nothing_downstream_follows(runner: Runner) -> None:
    deliver(runner.services, 1)
    changes = "select table_name, change from ledger.builds order by 1"
    launch(runner, one(1))
    before = Pipeline(runner.services).ask(changes)

    launch(runner, one(1))

    assert Pipeline(runner.services).ask(changes) == before
    assert list(runner.refreshes()) == []


@pytest.mark.slow
def test_a_correction_of_one_day_fills_that_day_and_the_answers_from_it_on(runner: Runner) -> None:
    deliver(runner.services, 1, 2, 3)
    launch(runner, span(1, 3))
    deliver_orders(runner.services, 2, orders=4)

    again = launch(runner, span(1, 3))

    assert filled_by(runner.services, again) == {
        "staging.sales_orders": {2},
        "analytics.customer_orders": {2, 3},
        "analytics.sales_by_country": {2, 3},
        "analytics.top_paying_customers": {2, 3},
        "cache.country": {1, 2, 3},
    }
    assert Pipeline(runner.services).hashes()["country:USA"]["order_amount"] == "60.00"


@pytest.mark.slow
def test_force_fills_all(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    launch(runner, span(1, 2))

    forced = launch(runner, span(1, 2), force=True)

    assert [*filled_by(runner.services, forced).values()] == [{1, 2}] * (TABLES - 2)


@pytest.mark.slow
def test_in_the_ui_a_tag_of_the_run_forces_it(services: Services, instance: dg.DagsterInstance) -> None:
    deliver(services, 1)
    launch(Runner(services, instance), one(1))

    run = (
        build(services.settings, services)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            asset_selection=[asset_key("staging.sales_orders")],
            tags=range_tags(one(1)) | {"acme/force": "true"},
        )
    )

    assert Pipeline(services).ask("select run_id from ledger.builds where table_name = 'staging.sales_orders'") == [
        {"run_id": run.run_id}
    ]


@pytest.mark.slow
def test_another_sql_file_fills_its_days_again_and_what_reads_them(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(runner.services, 1, 2)
    launch(runner, span(1, 2))
    table = catalog.table("analytics.sales_by_country")
    changed = sql_file.SqlFile(table.layer.name, table.name, table.sql.text.replace("sum(order", "0 + sum(order"))
    monkeypatch.setitem(table.__dict__, "sql", changed)
    monkeypatch.delitem(table.__dict__, "code_version")

    again = launch(runner, span(1, 2))

    assert filled_by(runner.services, again) == {
        "analytics.sales_by_country": {1, 2},
        "cache.country": {1, 2},
    }


@pytest.mark.slow
def test_a_table_that_somebody_dropped_is_filled_again_on_every_day(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    launch(runner, span(1, 2))
    Pipeline(runner.services).change("drop table analytics.top_paying_customers")

    again = launch(runner, span(1, 2))

    assert filled_by(runner.services, again) == {"analytics.top_paying_customers": {1, 2}}


@pytest.mark.slow
def test_an_emptied_redis_is_given_again_what_its_table_holds_and_nothing_is_filled(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    launch(runner, span(1, 2))
    runner.services.open_redis().flushdb()

    again = launch(runner, span(1, 2))

    assert again.success
    assert filled_by(runner.services, again) == {}
    assert Pipeline(runner.services).hashes()["country:USA"] == {"users_counts": "1", "order_amount": "20.00"}


@pytest.mark.slow
def test_a_range_gives_redis_its_newest_day_only(runner: Runner) -> None:
    """The other days stand in the ledger with what Redis holds; writing each of them would be work for nobody."""
    deliver(runner.services, 1, 2, 3)

    launch(runner, span(1, 3))

    assert runner.services.open_redis().hget("acme:watermark:country", "day") == "2024-01-03"
    moments = Pipeline(runner.services).ask(
        "select day, row_count from ledger.builds where table_name = 'cache.country' order by built_at"
    )
    assert [(row["day"].day, row["row_count"]) for row in moments] == [(3, 2), (2, 2), (1, 2)]


@pytest.mark.slow
def test_a_day_over_which_a_check_turned_red_waits_though_it_stands(runner: Runner) -> None:
    deliver(runner.services, 1)
    launch(runner, one(1))
    Pipeline(runner.services).change(
        "update ledger.verdicts set broken_rows = 1 where table_name = 'staging.sales_orders' and severity = 'must'"
    )

    again = runner.run(("analytics.customer_orders",), one(1))

    assert not again.success
    assert "waits: the check" in again.errors[0][1]


@pytest.mark.slow
def test_a_refused_day_is_asked_again_and_its_neighbours_are_left_alone(runner: Runner) -> None:
    deliver(runner.services, 1, 3)
    deliver_torn(runner.services, 2)
    launch(runner, span(1, 3))
    deliver(runner.services, 2)

    again = launch(runner, span(1, 3))
    outcomes = [again, *(runner.run(tables, days) for tables, days in runner.refreshes())]

    assert filled_by(runner.services, *outcomes)["staging.sales_orders"] >= {2}
    Pipeline(runner.services).expect(
        "analytics.customer_orders where customer_id = 1 and day = '2024-01-03'",
        """
        day        | order_count | order_amount
        2024-01-03 | 3           | 30.00
        """,
    )


def test_a_long_range_is_runs_of_at_most_so_many_days(services: Services, instance: dg.DagsterInstance) -> None:
    services.settings = replace(services.settings, run_days=2)

    assert Runner(services, instance).runs(span(1, 5)) == [span(1, 2), span(3, 4), one(5)]


def test_every_asset_has_the_same_limit_as_its_backfill_policy() -> None:
    graph = build(Settings.from_env({"ACME_RUN_DAYS": "7"})).resolve_asset_graph()

    assert {node.backfill_policy for node in graph.asset_nodes} == {dg.BackfillPolicy.multi_run(7)}


@pytest.mark.parametrize("text", ["0", "-1", "ten", "1.5", "10000"])
def test_a_limit_that_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="ACME_RUN_DAYS is"):
        Settings.from_env({"ACME_RUN_DAYS": text})
