"""Change data capture: every committed change in the order of the commits, none lost and none twice, whatever dies."""

import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg2
import pytest

from acme_assets.capture import Capture
from acme_assets.changes import look
from acme_assets.day import today
from acme_assets.doctor.capture import change_capture
from acme_assets.doctor.patient import Patient
from acme_assets.errors import MendInput, UsageError
from acme_assets.fill import fill
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.slot import Slot
from acme_assets.source import Source
from acme_assets.warehouse import Warehouse
from acme_assets_tests.conftest import database
from acme_assets_tests.logical import Logical
from acme_assets_tests.origin import FEED, Origin

SLOT = "acme_test"
ORDERS = "select order_id, status, updated_at, deleted_at from raw.operations_orders order by delivery_id, row_number"
FURTHER = "update operations.orders set delivery_date = current_date, customer_id = 5"
CURRENT = (
    "select order_id, status from staging.operations_orders where day <= '{day}'"
    " and (valid_to is null or valid_to > '{day}') order by 1"
)


@pytest.fixture
def captured(logical: Logical, services: Services) -> Iterator[Origin]:
    """An operational database that is read by capture."""
    with database(logical.url, "template1") as url, closing(Warehouse(url)) as operational:
        services.settings = replace(services.settings, operations_url=url, operations_capture=SLOT)
        made = Origin(services, operational)
        made.create()
        yield made
        Slot(Source(url), SLOT).drop()


def statuses(origin: Origin) -> list[tuple[Any, ...]]:
    """(order, status, was deleted) of every version in raw, in its order."""
    return [(int(row["order_id"]), row["status"], bool(row["deleted_at"])) for row in origin.ask(ORDERS)]


def current(origin: Origin) -> dict[int, str]:
    return {row["order_id"]: row["status"] for row in origin.ask(CURRENT.format(day=today()))}


def insert(number: int, status: str = "PENDING") -> str:
    return f"insert into operations.orders (order_id, status) values ({number}, '{status}')"  # noqa: S608


def change(number: int, status: str) -> str:
    values = f"status = '{status}', updated_at = clock_timestamp()"
    return f"update operations.orders set {values} where order_id = {number}"  # noqa: S608


def delete(number: int) -> str:
    return f"delete from operations.orders where order_id = {number}"  # noqa: S608


def place(origin: Origin) -> str:
    return str(origin.ask("select place from ledger.captures")[0]["place"])


def confirmed(origin: Origin) -> int:
    state = Slot(origin.services.source, SLOT).state()
    assert state
    return state.confirmed


# what comes


def test_every_change_comes_in_the_order_of_the_commits(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), insert(2), change(1, "PROCESSING"), delete(2), change(1, "COMPLETED"))

    assert captured.extract(today(), "run 2").new == 5
    assert statuses(captured) == [
        (1, "PENDING", False),
        (2, "PENDING", False),
        (1, "PROCESSING", False),
        (2, None, True),
        (1, "COMPLETED", False),
    ]


def test_transactions_that_interleave_come_whole_and_those_rolled_back_never(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    url = str(captured.services.settings.operations_url)
    with (
        closing(psycopg2.connect(url)) as early,
        closing(psycopg2.connect(url)) as late,
        early.cursor() as first,
        late.cursor() as second,
    ):
        first.execute(insert(1))
        second.execute(insert(2))
        captured.run(insert(3))
        first.execute(insert(4))
        captured.extract(today(), "run 2")
        assert statuses(captured) == [(3, "PENDING", False)]
        second.execute("savepoint one")
        second.execute(insert(5))
        second.execute("rollback to one")
        late.commit()
        first.execute(change(3, "COMPLETED"))
        early.commit()
        first.execute(insert(6))
        early.rollback()
    captured.extract(today(), "run 3")

    assert [(order, status) for order, status, _ in statuses(captured)] == [
        (3, "PENDING"),
        (2, "PENDING"),
        (1, "PENDING"),
        (4, "PENDING"),
        (3, "COMPLETED"),
    ]


def test_the_first_time_copies_what_is_there_and_goes_on_without_gap_or_overlap(captured: Origin) -> None:
    """Also of what happens between the snapshot and the end of the copy."""
    captured.order(1, "2024-01-01 10:00")
    captured.order(2, "2024-01-03 10:00")
    captured.extract(today(), "run 1")
    captured.run(insert(3))
    captured.extract(today(), "run 2")

    assert captured.ask("select order_id, day::text from raw.operations_orders order by 1") == [
        {"order_id": "1", "day": "2024-01-01"},
        {"order_id": "2", "day": "2024-01-03"},
        {"order_id": "3", "day": str(today())},
    ]


@pytest.mark.parametrize("identity", ["default", "full"])
def test_a_row_that_gets_another_key_ends_under_the_old_one(captured: Origin, identity: str) -> None:
    captured.run(f"alter table operations.orders replica identity {identity}", insert(1))
    captured.extract(today(), "run 1")
    captured.run("update operations.orders set order_id = 7, updated_at = clock_timestamp()")
    captured.fill(today(), "run 2", "raw", "staging")

    assert current(captured) == {7: "PENDING"}


def test_any_text_comes_as_it_is(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    odd = "a\tb\\N\nc\r\\.\né€"
    with captured.write() as at:
        at.execute("insert into operations.orders (order_id, status) values (1, %s), (2, null), (3, '')", (odd,))
    captured.extract(today(), "run 2")

    assert [row["status"] for row in captured.ask(ORDERS)] == [odd, None, ""]


def test_a_large_value_that_was_not_sent_is_the_one_before(captured: Origin) -> None:
    """PostgreSQL leaves it out of an update that does not touch it."""
    large = "select string_agg(md5(n::text), '') from generate_series(1, 500) as n"
    captured.run(f"insert into operations.orders (order_id, status) values (1, ({large}))", insert(2))  # noqa: S608
    captured.extract(today(), "run 1")
    captured.run(*("update operations.orders set customer_id = coalesce(customer_id, 0) + 1",) * 2)
    captured.extract(today(), "run 2")

    found = captured.ask("select customer_id, length(status) as length from raw.operations_orders where order_id = '1'")
    assert sorted((row["customer_id"] or "", row["length"]) for row in found) == [
        ("", 16000),
        ("1", 16000),
        ("2", 16000),
    ]


def test_columns_that_come_are_carried(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), "alter table operations.orders add priority text", insert(2))
    captured.run("update operations.orders set priority = 'high' where order_id = 2")
    captured.extract(today(), "run 2")

    found = [
        row["extra"] for row in captured.ask("select extra from raw.operations_orders order by delivery_id, row_number")
    ]
    assert found == [None, {}, {"priority": "high"}]


def test_memory_does_not_grow_with_the_changes(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    captured.run(
        "insert into operations.orders (order_id, customer_id, status)"
        " select n, n, 'PENDING' from generate_series(1, 50000) as n"
    )
    tracemalloc.start()
    assert captured.extract(today(), "run 2").rows == 50_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


# versions and deletes


def test_a_deleted_order_is_in_no_answer_from_that_day_on_and_stays_in_the_history(captured: Origin) -> None:
    captured.order(1, "2024-01-01 10:00")
    captured.order(2, "2024-01-01 10:00")
    captured.extract(today(), "run 1")
    captured.run(delete(1))
    for day in ("2024-01-01", str(today())):
        for table in FEED.tables:
            if table.layer in {"raw", "staging"}:
                fill(captured.services, FEED, table, type(today()).fromisoformat(day), f"run of {day}")

    assert current(captured) == {2: "PENDING"}
    assert captured.ask(CURRENT.format(day="2024-01-01")) == [
        {"order_id": 1, "status": "PENDING"},
        {"order_id": 2, "status": "PENDING"},
    ]
    captured.run(insert(1, "PROCESSING"))
    captured.fill(today(), "run 3", "raw", "staging")
    assert current(captured) == {1: "PROCESSING", 2: "PENDING"}


def test_a_change_that_left_updated_at_as_it_was_counts_and_what_it_replaced_is_in_the_quarantine(
    captured: Origin,
) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), "update operations.orders set status = 'COMPLETED'")
    captured.fill(today(), "run 2", "raw", "staging")

    assert current(captured) == {1: "COMPLETED"}
    (rejected,) = captured.ask("select reason, record from quarantine.rows where table_name like 'staging%'")
    assert "comes again later in the day, in row 2" in rejected["reason"]
    assert "PENDING" in rejected["record"]


# restarts


def history(origin: Origin) -> list[tuple[Any, ...]]:
    origin.run(insert(1), insert(2), change(1, "PROCESSING"), delete(2))
    return [(1, "PENDING", False), (2, "PENDING", False), (1, "PROCESSING", False), (2, None, True)]


@pytest.mark.parametrize("step", ["_take", "_land_changes", "_keep", "_vouch"])
def test_a_reading_that_dies_before_its_commit_is_made_again(
    captured: Origin, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    captured.extract(today(), "run 1")
    before, expected = place(captured), history(captured)
    with monkeypatch.context() as patched:
        patched.setattr(Capture, step, dying(getattr(Capture, step)))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 2")
    assert (place(captured), statuses(captured)) == (before, [])
    captured.extract(today(), "run 3")
    captured.extract(today(), "run 4")

    assert statuses(captured) == expected


def dying(method: Callable[..., object]) -> Callable[..., None]:
    def die(*arguments: object) -> None:
        method(*arguments)
        raise KeyboardInterrupt

    return die


@pytest.mark.parametrize("step", ["_claim", "_copy", "_keep", "_take"])
def test_a_first_copy_that_dies_is_made_again_with_a_new_slot(
    captured: Origin, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    captured.order(1, "2024-01-01 10:00")
    with monkeypatch.context() as patched:
        patched.setattr(Capture, step, dying(getattr(Capture, step)))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 1")
    captured.run(insert(2))
    captured.extract(today(), "run 2")
    captured.run(insert(3))
    captured.extract(today(), "run 3")

    assert sorted(statuses(captured)) == [(number, "PENDING", False) for number in (1, 2, 3)]


def test_what_was_kept_and_not_confirmed_comes_once(captured: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    captured.extract(today(), "run 1")
    before, expected = confirmed(captured), history(captured)
    with monkeypatch.context() as patched:
        patched.setattr(Slot, "advance", dying(lambda *_: None))
        with pytest.raises(KeyboardInterrupt):
            captured.extract(today(), "run 2")
    assert statuses(captured) == expected
    assert confirmed(captured) == before
    captured.run(insert(3))
    captured.extract(today(), "run 3")

    assert statuses(captured) == [*expected, (3, "PENDING", False)]
    assert confirmed(captured) > before


@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
def test_a_source_that_restarts_loses_and_doubles_nothing(
    captured: Origin, logical: Logical, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """In order or by a crash, between two readings and in the middle of one."""
    captured.extract(today(), "run 1")
    expected = history(captured)
    captured.extract(today(), "run 2")
    logical.restart(how=signal.Signals[how])
    captured.run(insert(3))
    take = Capture._take

    def restarting(*arguments: Any) -> object:  # noqa: ANN401  # whatever it takes
        logical.restart(how=signal.Signals[how])
        return take(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Capture, "_take", restarting)
        captured.extract(today(), "run 3")
    captured.extract(today(), "run 4")

    assert statuses(captured) == [*expected, (3, "PENDING", False)]


# what the source lacks


def test_a_slot_that_is_gone_is_said_and_a_new_copy_mends_it(captured: Origin) -> None:
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    Slot(captured.services.source, SLOT).drop()
    captured.run(insert(2))

    with pytest.raises(MendInput, match=f"the slot {SLOT} of .* is gone") as refused:
        captured.extract(today(), "run 2")
    (statement,) = [part for part in refused.value.next_step.split("'") if part.startswith("update")]
    with captured.services.warehouse.transaction("test") as at:
        at.execute(statement)
    captured.extract(today(), "run 3")
    captured.run(insert(3))
    captured.extract(today(), "run 4")
    assert sorted(statuses(captured)) == [(number, "PENDING", False) for number in (1, 2, 3)]


def test_a_slot_from_which_somebody_else_read_is_said(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1))
    slot = Slot(captured.services.source, SLOT)
    slot.advance(slot.end().place)

    with pytest.raises(MendInput, match="somebody else read"):
        captured.extract(today(), "run 2")


def test_a_slot_that_was_there_before_is_left_alone(captured: Origin) -> None:
    Slot(captured.services.source, SLOT).prepare(["operations.orders", "operations.order_items"])
    captured.run(f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")

    with pytest.raises(MendInput, match="somebody else's"):
        captured.extract(today(), "run 1")
    assert confirmed(captured)


def test_a_table_that_is_truncated_is_said(captured: Origin) -> None:
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    captured.run("truncate operations.orders")

    with pytest.raises(MendInput, match=r"operations\.orders of .* was truncated"):
        captured.extract(today(), "run 2")


def test_a_role_without_the_rights_is_told_what_an_administrator_must_run(captured: Origin, logical: Logical) -> None:
    """And when that was run, it captures with no further right, and its password was never shown."""
    captured.run(
        "create role plain login password 'sesam-open'",
        "grant usage on schema operations to plain",
        "grant select on all tables in schema operations to plain",
    )
    try:
        url = str(captured.services.settings.operations_url)
        captured.services.source = Source(url.replace(f"postgres:{logical.password}", "plain:sesam-open"), SLOT)
        with pytest.raises(MendInput, match=r"may not replicate.*no publication") as refused:
            captured.extract(today(), "run 1")
        assert "sesam-open" not in str(refused.value)
        said = refused.value.next_step.split(": ", 1)[1].split("; or unset")[0]
        captured.run(*said.split("; "))
        captured.run(insert(1))
        captured.extract(today(), "run 2")
        assert statuses(captured) == [(1, "PENDING", False)]
    finally:
        Slot(Source(url), SLOT).drop()
        captured.run("drop owned by plain", "drop role plain")


def test_a_table_without_identity_would_refuse_its_writers_and_is_not_published(captured: Origin) -> None:
    captured.run("alter table operations.orders drop constraint orders_pkey")

    with pytest.raises(MendInput, match=r"operations\.orders has no replica identity"):
        captured.extract(today(), "run 1")
    captured.run(insert(1), change(1, "COMPLETED"))


def test_a_server_that_keeps_no_log_for_it_is_told_how_to(origin: Origin) -> None:
    """The embedded one loads without a log, and is read by the time of change."""
    origin.services.source = replace(origin.services.source, slot=SLOT)

    with pytest.raises(MendInput, match="its wal_level is minimal"):
        origin.extract(today(), "run 1")


def test_a_name_that_is_none_of_a_slot_is_refused() -> None:
    with pytest.raises(UsageError, match="no name of a replication slot"):
        Settings.from_env({"ACME_OPERATIONS_CAPTURE": "Robert'; drop"})


# the doctor


def said(origin: Origin) -> list[tuple[str, str, str]]:
    patient = Patient({})
    patient.__dict__.update(settings=origin.services.settings, services=origin.services)
    return [(one.level.name, one.said, one.mend) for one in change_capture(patient)]


def test_the_doctor_tells_what_lacks_and_how_much_log_is_kept(captured: Origin) -> None:
    levels = [level for level, _, _ in said(captured)]
    assert levels == ["BAD", "WARN"]
    captured.extract(today(), "run 1")

    assert [(level, "keeps 0 MB" in what) for level, what, _ in said(captured)] == [("OK", True)]


# the sensor


def test_every_change_asks_for_today(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    assert look(captured.services, FEED).days == []
    for number, statement in enumerate((insert(1), "update operations.orders set status = 'COMPLETED'", delete(1))):
        captured.run(statement, "select pg_stat_force_next_flush()")
        assert look(captured.services, FEED).days == [today()]
        captured.extract(today(), f"run {number + 2}")
        assert look(captured.services, FEED).days == []


def test_the_slot_moves_on_where_only_others_write(captured: Origin) -> None:
    captured.extract(today(), "run 1")
    before = confirmed(captured)
    captured.run("create table public.other as select n from generate_series(1, 10000) as n")
    captured.extract(today(), "run 2")

    assert confirmed(captured) > before


# both ways


def test_both_ways_in_give_the_same_answers(captured: Origin) -> None:
    """Of the same history, read in several steps: what stands in analytics does not tell how it came there."""
    steps = [
        [
            insert(1),
            insert(2),
            "insert into operations.order_items (order_item_id, order_id, product_id, quanity) values (1, 1, 7, 3)",
        ],
        [change(1, "PROCESSING"), insert(3), change(2, "COMPLETED")],
        [
            change(1, "PENDING"),
            change(3, "REPROCESSING"),
            "update operations.orders set delivery_date = current_date, customer_id = 5",
        ],
    ]
    by_time = replace(captured.services.settings, operations_capture=None)
    answers = []
    for number, statements in enumerate(steps):
        captured.run(*statements)
        captured.fill(today(), f"capture {number}", "raw", "staging", "analytics")
    for services in (captured.services, None):
        if services is None:
            forget(captured)
            captured.services.source = Source(str(by_time.operations_url))
            captured.fill(today(), "by time", "raw", "staging", "analytics")
        tables = [table for table in FEED.tables if table.layer == "analytics"]
        answers.append({table.name: captured.ask(f"select * from {table.full_name} order by 1, 2") for table in tables})  # noqa: S608

    assert answers[0] == answers[1]
    assert all(answers[0].values())


@pytest.mark.parametrize("how", ["by time", "anew"])
def test_a_day_that_was_captured_in_several_readings_is_kept_when_it_is_read_in_another_way(
    captured: Origin, how: str
) -> None:
    captured.extract(today(), "run 1")
    expected = history(captured)[:2]
    captured.extract(today(), "run 2")
    captured.run(insert(3))
    captured.extract(today(), "run 3")
    captured.run(change(3, "COMPLETED"), insert(4))
    if how == "by time":
        captured.services.source = replace(captured.services.source, slot="")
    else:
        Slot(captured.services.source, SLOT).drop()
        begin_anew(captured)
    captured.extract(today(), "run 4")

    assert sorted(statuses(captured), key=str) == sorted(
        [
            *expected,
            (1, "PROCESSING", False),
            (2, None, True),
            (3, "PENDING", False),
            (3, "COMPLETED", False),
            (4, "PENDING", False),
        ],
        key=str,
    )


def test_what_vanished_while_there_was_no_slot_is_gone_from_the_answers(captured: Origin) -> None:
    """A new copy ends what it lacks: after a truncate, after a slot that was lost, and after reading by time."""
    captured.run(insert(1), insert(2))
    captured.fill(today(), "run 1", "raw", "staging")
    captured.run("truncate operations.orders", insert(2), insert(3))
    begin_anew(captured)
    captured.fill(today(), "run 2", "raw", "staging")

    assert current(captured) == {2: "PENDING", 3: "PENDING"}
    assert [order for order, _, gone in statuses(captured) if gone] == [1]
    begin_anew(captured)
    captured.fill(today(), "run 3", "raw", "staging")
    assert [order for order, _, gone in statuses(captured) if gone] == [1]


def begin_anew(origin: Origin) -> None:
    with origin.services.warehouse.transaction("test") as at:
        at.execute("update ledger.captures set place = null")


def forget(origin: Origin) -> None:
    """As if nothing had been read."""
    with origin.services.warehouse.transaction("test") as at:
        for table in FEED.tables:
            at.execute(f"drop table if exists {table.full_name} cascade")
        at.execute("truncate ledger.deliveries, ledger.builds, ledger.verdicts, ledger.watermarks, ledger.captures")
