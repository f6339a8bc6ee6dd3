"""Wiping: a day that is taken back has never been, wherever it was, and however often the wipe was killed."""

from datetime import UTC, date, datetime

import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.days import SALES, deliver, deliver_orders, one, span
from acme_assets_tests.support.invariants import contents
from acme_assets_tests.support.origin import Origin
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import TryAgain
from acme_platform.ledger.failures import attempt
from acme_platform.ledger.stray_days import held as held_days
from acme_platform.materialize.fill import ensure_filled
from acme_platform.materialize.wipe import made_of, wipe
from acme_platform.model.table import Table
from acme_platform.monitoring.problems import FAILED, troubles
from acme_platform.orchestration.standing_checks import standing_checks
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.serving.redis_keyspace import Keyspace, Watermark

FAR = date(2030, 1, 1)
EVERYTHING = FEED.tables


def in_2030(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the clock said so, or there were no rule yet."""
    for module in ("day", "serving.redis_cache", "ledger.filled_days", "materialize.wipe"):
        monkeypatch.setattr(f"acme_platform.{module}.today", lambda: FAR)


def settled(runner: Runner) -> None:
    """Fill again what is stale, as `acme run` and the sensors do."""
    assert all(runner.run(tables, stale).success for tables, stale in runner.refreshes())


def held(pipeline: Pipeline) -> Watermark:
    return pipeline.services.keyspace(catalog.table("cache.country")).watermark()


def leave_the_lake(pipeline: Pipeline, number: int) -> None:
    """Somebody takes the files of the day away."""
    for table in ("customers", "orders"):
        (pipeline.services.settings.home / "lake" / "sales" / table / f"{day(number)}.csv").unlink()


@pytest.fixture
def sold(runner: Runner) -> Pipeline:
    """Three days, filled down to Redis."""
    deliver(runner.services, 1, 2, 3)
    assert runner.run(runner.select(SALES), span(1, 3)).success
    return Pipeline(runner.services)


@pytest.mark.few(1)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_is_left_is_what_there_would_be_without_the_day(runner: Runner, sold: Pipeline, number: int) -> None:
    leave_the_lake(sold, number)

    wipe(sold.services, EVERYTHING, one(number))
    settled(runner)

    left, mark = contents(sold), held(sold).day
    sold.forget()
    sold.fill(*(day(other) for other in (1, 2, 3) if other != number))
    assert left == contents(sold)
    assert mark == (day(2) if number == 3 else day(3))


@pytest.mark.slow
def test_nothing_of_the_day_stays_in_the_ledger(sold: Pipeline) -> None:
    wipe(sold.services, EVERYTHING, one(2))

    for table in ("builds", "verdicts", "failures", "staged", "watermarks"):
        assert sold.ask(f"select * from ledger.{table} where day = '2024-01-02'") == []  # noqa: S608  # ours
    assert sold.ask("select distinct state from ledger.deliveries where day = '2024-01-02'") == [{"state": "replaced"}]
    assert sold.ask("select * from quarantine.rows where day = '2024-01-02'") == []


@pytest.mark.slow
def test_later_answers_are_stale_although_nothing_there_is_newer(runner: Runner, sold: Pipeline) -> None:
    wipe(sold.services, EVERYTHING, one(2))

    tables, days = next(runner.refreshes())

    assert days == one(3)
    assert tables[0] == "analytics.customer_orders"
    settled(runner)
    sold.expect(
        "analytics.customer_orders where customer_id = 1",
        """
        day        | order_count
        2024-01-01 | 1
        2024-01-03 | 2
        """,
    )


@pytest.mark.slow
def test_a_day_whose_file_still_stands_in_the_lake_is_news(runner: Runner, sold: Pipeline) -> None:
    before = contents(sold)
    wipe(sold.services, EVERYTHING, one(2))
    deliver_orders(sold.services, 2)

    assert runner.run(runner.select(SALES), one(2)).success
    settled(runner)

    assert contents(sold) == before


@pytest.mark.slow
def test_redis_without_any_day_left_is_empty(sold: Pipeline) -> None:
    wipe(sold.services, EVERYTHING, span(1, 3))

    assert sold.hashes() == {}
    assert held(sold) == Watermark(None, None)
    assert sold.ask("select * from ledger.refreshes") == sold.ask("select * from cache.country") == []

    sold.fill(day(2))
    assert sold.hashes()["country:USA"]["order_amount"] == "10.00"


@pytest.mark.slow
def test_a_day_that_redis_does_not_hold_leaves_it_as_it_is(sold: Pipeline) -> None:
    before = held(sold)
    wipe(sold.services, [catalog.table("cache.country")], one(2))
    assert held(sold) == before


# days that are none of ours


@pytest.fixture
def stray(sold: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """And 2030-01-01, which froze Redis: what was loaded for it, and all its answers."""
    with monkeypatch.context() as then:
        in_2030(then)
        sold.deliver("orders", FAR, "order_id | customer_id | order_date | amount\n9 | 2 | 2030-01-01 | 7.00")
        sold.fill(FAR)
    assert held(sold).day == FAR
    return sold


@pytest.mark.slow
def test_a_day_after_today_is_taken_back_and_redis_lives_again(runner: Runner, stray: Pipeline) -> None:
    wipe(stray.services, EVERYTHING, Days(FAR, FAR))

    assert held(stray).day == day(3)
    assert stray.hashes()["country:Norway"]["order_amount"] == "0.00"
    assert stray.ask("select * from ledger.builds where day > '2024-01-03'") == []
    deliver(stray.services, 4)
    assert runner.run(runner.select(SALES), one(4)).success
    assert held(stray).day == day(4)


@pytest.mark.slow
def test_redis_does_not_wait_for_such_a_day_to_be_taken_back(runner: Runner, stray: Pipeline) -> None:
    deliver(stray.services, 4)
    assert runner.run(runner.select(SALES), one(4)).success
    assert held(stray).day == day(4)


@pytest.mark.slow
def test_troubles_and_gaps_name_it_once_with_the_command_that_takes_it_back(stray: Pipeline) -> None:
    """Whatever else is wrong with such a day: a file that left the lake, an answer that failed."""
    attempt(stray.services.open_warehouse(), catalog.table("cache.country"), "run").failed([FAR], KeyError("key"))
    with stray.services.open_warehouse().transaction("test") as cursor:
        found = troubles(cursor, stray.services, FEED, datetime.now(UTC))
        lacking = [
            gap
            for check in standing_checks(catalog.table("cache.country"))
            for gap in check.look(cursor, stray.services, catalog.table("cache.country")).lines
        ]

    assert [(one.subject, one.mend) for one in found if one.kind == FAILED] == [
        ("sales of 2030-01-01", "acme wipe --days 2030-01-01")
    ]
    assert lacking == []


# what a kill leaves


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 3])
def test_a_wipe_that_was_killed_anywhere_and_is_typed_again_comes_to_the_same_end(
    runner: Runner, sold: Pipeline, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def killed(*_: object) -> None:
        raise TryAgain("killed")

    for where in ("acme_platform.materialize.wipe._take_out", "acme_platform.materialize.wipe._step_back"):
        with monkeypatch.context() as dying:
            dying.setattr(where, killed)
            with pytest.raises(TryAgain):
                wipe(sold.services, EVERYTHING, one(number))
    leave_the_lake(sold, number)
    wipe(sold.services, EVERYTHING, one(number))
    settled(runner)

    left = contents(sold)
    sold.forget()
    sold.fill(*(day(other) for other in (1, 2, 3) if other != number))
    assert left == contents(sold)


@pytest.mark.slow
def test_a_kill_between_redis_and_the_warehouse_is_mended_by_the_next_wipe(
    sold: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis was emptied, and the transaction that says so was not committed."""
    empty = Keyspace.empty

    def emptied_and_killed(self: Keyspace) -> None:
        empty(self)
        raise TryAgain("killed")

    with monkeypatch.context() as dying:
        dying.setattr(Keyspace, "empty", emptied_and_killed)
        with pytest.raises(TryAgain):
            wipe(sold.services, EVERYTHING, span(1, 3))
    wipe(sold.services, EVERYTHING, span(1, 3))

    assert sold.ask("select * from ledger.refreshes") == []
    assert sold.hashes() == {}


# what goes with a table


def test_what_is_made_of_a_table_goes_with_it() -> None:
    orders = catalog.table("raw.sales_orders")
    assert [table.full_name for table in made_of([orders])] == [
        "raw.sales_orders",
        "staging.sales_orders",
        "analytics.customer_orders",
        "analytics.sales_by_country",
        "analytics.top_paying_customers",
        "cache.country",
    ]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_snapshots_around_a_day_that_was_taken_back_meet(services: Services, number: int) -> None:
    bookings = Pipeline(services, catalog.feed("bookings"))
    tables = [catalog.table(f"{layer}.bookings_company") for layer in ("raw", "staging")]
    for one_day in (1, 2, 3):
        bookings.deliver("company", day(one_day), companies(tables[0], one_day))
        for table in tables:
            ensure_filled(services, bookings.feed, table, day(one_day), "run")

    wipe(services, tables, one(number))

    left = [day(other) for other in (1, 2, 3) if other != number]
    chain = bookings.ask("select day, valid_to from staging.bookings_company order by day")
    assert [tuple(row.values()) for row in chain] == list(zip(left, [*left[1:], None], strict=True))


@pytest.mark.slow
def test_of_changes_the_version_before_the_day_is_valid_until_the_one_behind_it(origin: Origin) -> None:
    """Two changes on each of three days; the middle one goes, and the database of the feed counts as changed."""
    for number in (4, 5, 6):
        for hour in ("08", "09"):
            origin.order(1, f"{day(number)} {hour}:00", "PENDING" if hour == "08" else "PROCESSING")
            origin.fill(day(number), f"run {number} {hour}", "raw", "staging")

    wipe(origin.services, made_of([catalog.table("raw.operations_orders")]), one(5))

    drawn.expect(
        origin.ask("select day, updated_at::text, status, valid_to from staging.operations_orders"),
        """
        day        | updated_at             | status     | valid_to
        2024-01-04 | 2024-01-04 08:00:00+00 | PENDING    | 2024-01-04
        2024-01-04 | 2024-01-04 09:00:00+00 | PROCESSING | 2024-01-06
        2024-01-06 | 2024-01-06 08:00:00+00 | PENDING    | 2024-01-06
        2024-01-06 | 2024-01-06 09:00:00+00 | PROCESSING |
        """,
    )
    assert origin.ask("select * from ledger.pulses") == []
    assert origin.ask("select * from ledger.staged where day = '2024-01-05' and table_name like '%orders'") == []


def companies(table: Table, number: int) -> str:
    """A company that is renamed each day."""
    titles = table.sql.shape.names
    known = {"company_id": "1", "status": "active", "name": f"Company {number}"}
    values = [known.get(title, "2023-05-05 05:05:05 UTC" if title.endswith("_at") else "1") for title in titles]
    return f"{' | '.join(titles)}\n{' | '.join(values)}"


@pytest.mark.slow
def test_the_days_shown_are_those_of_which_something_is_there(sold: Pipeline) -> None:
    with sold.services.open_warehouse().transaction("test") as cursor:
        found = held_days(cursor, EVERYTHING, Days(day(2), FAR))
    assert {one.day for one in found} == {day(2), day(3)}
    assert {one.table_name for one in found} == {table.full_name for table in EVERYTHING}
