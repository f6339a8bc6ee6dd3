"""A copy anew: whatever happened while nobody listened, raw lacks nothing afterwards, and keeps what it had."""

import random
from datetime import timedelta

import pytest

from acme_assets_tests.support.capturing import SLOT, Captured, delete, insert
from acme_assets_tests.support.origin import FEED
from acme_platform.day import ONE_DAY, today
from acme_platform.materialize.fill import fill
from acme_platform.registry import catalog

#: as the source's clocks may say it: now, not touched, of long ago, of yesterday, of no time, of a time to come
TIMES = (
    "clock_timestamp()",
    "updated_at",
    "'2019-05-05 10:00'",
    f"'{today() - ONE_DAY} 10:00'",
    "null",
    f"'{today() + timedelta(days=9)} 10:00'",
    "'infinity'",
    "'-infinity'",
)
HELD = "select delivery_id, row_number, day, {columns} from raw.operations_orders"
STAGED = (
    "select order_id, status from staging.operations_orders where day <= '{day}' and not is_deleted"
    " and (valid_to is null or valid_to > '{day}') order by 1"
)


def happen(captured: Captured, chance: random.Random, steps: int) -> None:
    """Orders come, change, go, get another key, and say what they once said."""
    with captured.write() as cursor:
        for step in range(steps):
            number, status, time = chance.randrange(1, 30), chance.choice("PQR"), chance.choice(TIMES)
            kind = chance.random()
            if kind < 0.4:
                cursor.execute(
                    f"insert into operations.orders (order_id, status) values ({number}, '{status}')"  # noqa: S608
                    f" on conflict (order_id) do update set status = excluded.status, updated_at ="
                    f" {'operations.orders.updated_at' if time == 'updated_at' else time}"
                )
            elif kind < 0.7:
                cursor.execute(
                    f"update operations.orders set status = '{status}', updated_at = {time} where order_id = {number}"  # noqa: S608
                )
            elif kind < 0.9:
                cursor.execute(f"delete from operations.orders where order_id = {number}")  # noqa: S608
            else:
                cursor.execute(f"update operations.orders set order_id = {100 + step} where order_id = {number}")  # noqa: S608


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_unheard_nothing_is_lacking_and_nothing_captured_is_lost(
    captured: Captured, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # a test
    captured.extract(today(), "run 1")
    for number in range(2):
        happen(captured, chance, 40)
        captured.extract(today(), f"heard {number}")
    before = set(map(str, held(captured)))
    captured.run(f"drop publication {SLOT}")
    happen(captured, chance, 60)
    refused = captured.refused()
    captured.mend(refused)

    assert captured.differences() == []
    assert before <= set(map(str, held(captured)))
    happen(captured, chance, 20)
    captured.extract(today(), "heard again")
    assert captured.differences() == []
    assert_answers(captured)


def held(captured: Captured) -> list[dict[str, object]]:
    return captured.ask("select day, row_number, order_id, status, updated_at, deleted_at from raw.operations_orders")


def assert_answers(captured: Captured) -> None:
    """Staging says what the source says, of all that it can take: it quarantines what has no time of change."""
    for row in captured.ask("select distinct day from raw.operations_orders order by 1"):
        fill(captured.services, FEED, catalog.table("staging.operations_orders"), row["day"], "fill")
    with captured.write() as cursor:
        cursor.execute("select order_id, status from operations.orders where isfinite(updated_at) order by 1")
        there = dict(cursor.fetchall())
    staged = {row["order_id"]: row["status"] for row in captured.ask(STAGED.format(day=today()))}
    assert {number: staged.get(number) for number in there} == there


@pytest.mark.slow
def test_a_row_that_says_again_what_it_once_said_is_a_version(captured: Captured) -> None:
    """Compared with all versions it would be known, and the one between would stay the newest."""
    captured.run(insert(1, "PENDING"))
    captured.extract(today(), "run 1")
    captured.run("update operations.orders set status = 'PROCESSING'")
    captured.extract(today(), "run 2")
    captured.run(f"drop publication {SLOT}", "update operations.orders set status = 'PENDING'")
    captured.mend(captured.refused())

    assert captured.differences() == []
    assert [status for _, status, _ in captured.statuses()] == ["PENDING", "PROCESSING", "PENDING"]


@pytest.mark.slow
def test_what_stands_is_not_copied_again(captured: Captured) -> None:
    captured.run(*(insert(number) for number in range(1, 6)), delete(5))
    captured.extract(today(), "run 1")
    captured.run(delete(4))
    captured.extract(today(), "run 2")
    before = captured.statuses()
    captured.begin_anew()
    captured.extract(today(), "run 3")

    assert captured.statuses() == before


def test_the_first_copy_holds_what_is_older_than_the_first_day_and_what_has_no_time_yet(captured: Captured) -> None:
    """Later only what changes would come."""
    captured.run(*(insert(number) for number in range(1, len(TIMES) + 1)))
    for number, time in enumerate(TIMES, 1):
        captured.run(f"update operations.orders set updated_at = {time} where order_id = {number}")  # noqa: S608
    captured.extract(today(), "run 1")

    assert captured.differences() == []
    days = captured.ask("select order_id::int as number, day from raw.operations_orders order by 1")
    first = captured.services.settings.first_day
    built = captured.ask("select distinct day from ledger.builds where table_name = 'raw.operations_order_items'")
    assert [row["day"] for row in built] == [today()], "no day is made of nothing"
    expected = [today(), today(), first, today() - ONE_DAY, today(), today(), today(), first]
    assert [row["day"] for row in days] == expected


@pytest.mark.slow
def test_a_change_that_comes_behind_others_by_a_clock_set_back_is_the_newest(captured: Captured) -> None:
    """The log's order counts, not the clock's: what is committed later is of no earlier day."""
    captured.extract(today(), "run 1")
    captured.run(insert(1), "update operations.orders set status = 'COMPLETED', updated_at = '2019-01-01'")
    captured.fill(today(), "run 2", "raw", "staging")

    assert captured.current() == {1: "COMPLETED"}
