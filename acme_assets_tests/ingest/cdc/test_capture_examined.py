"""What capture stands on is examined in every reading: it refuses where changes may be lacking, and is mended.

Each case hides some changes for a while and then looks as before. The reading that follows must refuse and move
nothing; what it says next must leave nothing lacking.
"""

import re
from collections.abc import Iterator

import pytest

from acme_assets_tests.support.capturing import SLOT, Captured, change, delete, insert
from acme_assets_tests.support.logical import Logical
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.monitoring.doctor.capture import change_capture
from acme_platform.monitoring.doctor.patient import Patient

#: what happens unseen: a new order, a changed one, one that goes, one that gets another key
UNSEEN = (
    insert(4),
    change(1, "COMPLETED"),
    delete(2),
    "update operations.orders set order_id = 30 where order_id = 3",
)
TABLES = "operations.orders, operations.order_items"
MADE = f"create publication {SLOT} for table {TABLES} with (publish_via_partition_root = true)"
REPLACED = (
    "create table operations.made (like operations.orders including all)",
    "insert into operations.made select * from operations.orders",
    "alter table operations.orders rename to old",
    "alter table operations.made rename to orders",
)

AT_ONCE = (
    "truncate operations.orders, operations.order_items;"
    " insert into operations.orders (order_id, status) values (1, 'PENDING'), (2, 'PENDING'), (3, 'NEW')"
)

#: name -> before the unseen changes, behind them, and what the refusal says
HIDDEN = {
    "publication dropped and made again": ([f"drop publication {SLOT}"], [MADE], "made again|cannot be read"),
    "deletes not published": (
        [f"alter publication {SLOT} set (publish = 'insert, update, truncate')"],
        [f"alter publication {SLOT} set (publish = 'insert, update, delete, truncate')"],
        "altered or made again",
    ),
    "only some rows published": (
        [f"alter publication {SLOT} set table operations.orders where (order_id > 100), operations.order_items"],
        [f"alter publication {SLOT} set table {TABLES}"],
        "left its publication for a while",
    ),
    "table left out": (
        [f"alter publication {SLOT} drop table operations.orders"],
        [f"alter publication {SLOT} add table operations.orders"],
        "left its publication for a while",
    ),
    "only some columns published": (
        [f"alter publication {SLOT} set table operations.orders (order_id), operations.order_items"],
        [f"alter publication {SLOT} set table {TABLES}"],
        "left its publication for a while",
    ),
    "partitions under their own names": (
        [f"alter publication {SLOT} set (publish_via_partition_root = false)"],
        [f"alter publication {SLOT} set (publish_via_partition_root = true)"],
        "altered or made again",
    ),
    "rows named by another column": (
        [
            "alter table operations.orders add ref uuid not null default gen_random_uuid()",
            "create unique index orders_ref on operations.orders (ref)",
            "alter table operations.orders replica identity using index orders_ref",
        ],
        ["alter table operations.orders replica identity default"],
        "did not contain order_id at",
    ),
    "table replaced": (list(REPLACED), [], "replaced by another table|does not tell all changes"),
    "table replaced, and published": (
        list(REPLACED),
        [f"alter publication {SLOT} set table {TABLES}"],
        "replaced by another table",
    ),
    "slot made again": (
        [f"select pg_drop_replication_slot('{SLOT}')"],
        [f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')"],
        "somebody else read",
    ),
    "slot of another plugin": (
        [f"select pg_drop_replication_slot('{SLOT}')"],
        [f"select pg_create_logical_replication_slot('{SLOT}', 'test_decoding')"],
        "another one .test_decoding",
    ),
    "values rewritten": (
        ["alter table operations.orders alter status type varchar using lower(status)"],
        [],
        "was rewritten, and status altered",
    ),
    "column of another type": (
        ["alter table operations.orders alter customer_id type integer"],
        [],
        "customer_id (is|was) of another type",
    ),
    "column made again": (
        ["alter table operations.orders drop customer_id", "alter table operations.orders add customer_id bigint"],
        [],
        "customer_id is another column|were renamed",
    ),
    "truncated": (["truncate operations.orders", insert(1), insert(2), insert(3)], [], "orders was truncated"),
    "truncated and filled in one transaction": (
        [AT_ONCE],
        [],
        "operations.orders, operations.order_items was truncated",
    ),
}  # fmt: skip


@pytest.mark.few(1)
@pytest.mark.parametrize("case", HIDDEN)
def test_what_hid_changes_for_a_while_is_refused_and_the_remedy_leaves_nothing_lacking(
    captured: Captured, case: str
) -> None:
    hide, show, said = HIDDEN[case]
    captured.run(*(insert(number) for number in (1, 2, 3)))
    captured.extract(today(), "run 1")
    captured.run(*hide, *UNSEEN, *show)

    refused = captured.refused()
    assert_said(said, refused.message)
    assert captured.refused().message == refused.message
    assert next((level, "acme recapture" in mend) for level, mend in doctor(captured)) == ("BAD", True)
    captured.mend(refused)
    assert captured.differences() == []
    assert doctor(captured) == [("OK", "")]
    captured.run(change(1, "PENDING"), delete(4))
    captured.extract(today(), "run 4")
    assert captured.differences() == []


def assert_said(pattern: str, message: str) -> None:
    assert re.search(pattern, message), message


def doctor(captured: Captured) -> list[tuple[str, str]]:
    patient = Patient({})
    patient.__dict__.update(settings=captured.services.settings, services=captured.services)
    return [(finding.level.name, finding.mend) for finding in change_capture(patient)]


#: name -> what is altered and stays so, what the refusal says, and the statement that mends it there
STANDING = {
    "identity without the key": (
        [
            "alter table operations.orders add ref uuid not null default gen_random_uuid()",
            "create unique index orders_ref on operations.orders (ref)",
            "alter table operations.orders replica identity using index orders_ref",
        ],
        "replica identity of operations.orders does not contain order_id",
        "alter table operations.orders replica identity default",
    ),
    "the key only included in the index": (
        [
            "alter table operations.orders add ref uuid not null default gen_random_uuid()",
            "create unique index orders_ref on operations.orders (ref) include (order_id)",
            "alter table operations.orders replica identity using index orders_ref",
        ],
        "replica identity of operations.orders does not contain order_id",
        "alter table operations.orders replica identity default",
    ),
    "primary key without the key": (
        [
            "alter table operations.orders add ref uuid not null default gen_random_uuid()",
            "alter table operations.orders drop constraint orders_pkey",
            "alter table operations.orders add primary key (ref)",
        ],
        "replica identity of operations.orders does not contain order_id",
        "alter table operations.orders replica identity full",
    ),
    "truncates not published": (
        [f"alter publication {SLOT} set (publish = 'insert, update, delete')"],
        "does not tell all changes",
        f'drop publication "{SLOT}"; create publication "{SLOT}"',
    ),
    "a column left out": (
        [f"alter publication {SLOT} set table operations.orders (order_id, status), operations.order_items"],
        "leaves out order_date of operations.orders",
        f'drop publication "{SLOT}"; create publication "{SLOT}"',
    ),
    "the publication dropped": ([f"drop publication {SLOT}"], f"no publication {SLOT}", "create publication"),
    "a column renamed": (
        ["alter table operations.orders rename status to state"],
        "no status in operations.orders any more",
        "bring it back, or take it out of sql/raw/operations_orders.sql",
    ),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("case", STANDING)
def test_what_hides_changes_is_refused_before_any_is_lost_with_the_statement_that_mends_it(
    captured: Captured, case: str
) -> None:
    alter, said, mend = STANDING[case]
    captured.run(*(insert(number) for number in (1, 2, 3)))
    captured.extract(today(), "run 1")
    captured.run(*alter)

    refused = captured.refused()
    assert said in refused.message
    assert mend in refused.next_step
    assert ("BAD", True) in [(level, mend in advice) for level, advice in doctor(captured)]
    if case == "a column renamed":
        captured.run("alter table operations.orders rename state to status")
        refused.next_step = "acme recapture"
    captured.run(*UNSEEN[:2])
    captured.mend(refused)
    assert captured.differences() == []
    assert doctor(captured) == [("OK", "")]


@pytest.mark.parametrize("case", ["publication", "identity"])
def test_what_lacks_from_the_start_is_refused_before_there_is_a_slot(captured: Captured, case: str) -> None:
    captured.run(insert(1))
    if case == "identity":
        captured.run(*STANDING["identity without the key"][0])
    else:
        captured.run(f"create publication {SLOT} for table {TABLES} with (publish = 'insert')")

    with pytest.raises(MendInput, match="changes cannot be captured from") as refused:
        captured.extract(today(), "run 1")
    assert captured.slot().facts(()).slot is None
    there = refused.value.next_step.split("administrator: ")[1].split("; or unset")[0]
    captured.run(*there.split("; "))
    captured.extract(today(), "run 2")
    assert captured.differences() == []


def test_a_publication_that_is_altered_during_the_reading_is_refused(
    captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the look at it, before the end of the log is reached."""
    captured.run(*(insert(number) for number in (1, 2, 3)))
    captured.extract(today(), "run 1")
    messages = Slot.messages

    def altered(slot: Slot) -> Iterator[bytes]:
        captured.run(
            f"alter publication {SLOT} drop table operations.orders",
            change(1, "COMPLETED"),
            f"alter publication {SLOT} add table operations.orders",
        )
        yield from messages(slot)

    with monkeypatch.context() as patched:
        patched.setattr(Slot, "messages", altered)
        refused = captured.refused()
    captured.mend(refused)
    assert captured.differences() == []


HARMLESS = {
    "another table published": [
        "create table public.other (n integer primary key)",
        f"alter publication {SLOT} add table public.other",
        "insert into public.other values (1)",
    ],
    "a column added": ["alter table operations.orders add priority text default 'low'"],
    "a column added that rewrites the table": ["alter table operations.orders add ref uuid default gen_random_uuid()"],
    "a table rewritten as it is": ["vacuum full operations.orders"],
    "a default set": ["alter table operations.orders alter status set default 'PENDING'"],
    "an identity of all columns": ["alter table operations.orders replica identity full"],
    "a longer text": ["alter table operations.orders alter status type text"],
    "an index": ["create index on operations.orders (status)", "analyze operations.orders"],
}


@pytest.mark.few(1)
@pytest.mark.parametrize("case", HARMLESS)
def test_what_hides_nothing_stops_nobody(captured: Captured, case: str) -> None:
    captured.run(*(insert(number) for number in (1, 2, 3)))
    captured.extract(today(), "run 1")
    for statement in HARMLESS[case]:
        captured.alone(statement)
    captured.run(*UNSEEN)
    captured.extract(today(), "run 2")

    assert captured.differences() == []
    assert doctor(captured) == [("OK", "")]


#: what is published, and how a table of it is out of that for a while, under which name
TOGETHER = {
    "not logged": (
        "all tables",
        "alter table operations.orders set unlogged",
        "alter table operations.orders set logged",
        "operations.orders",
    ),
    "in another schema": (
        "tables in schema operations",
        "alter table operations.orders set schema public",
        "alter table public.orders set schema operations",
        "public.orders",
    ),
    "the schema left out": (
        "tables in schema operations",
        f"alter publication {SLOT} drop tables in schema operations",
        f"alter publication {SLOT} add tables in schema operations",
        "operations.orders",
    ),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("case", TOGETHER)
def test_a_table_that_is_published_with_others_and_was_out_for_a_while_is_refused(
    captured: Captured, case: str
) -> None:
    """Of a table that its publication names, the server refuses that or leaves a trace of it."""
    published, out, back, called = TOGETHER[case]
    captured.run(
        f"create publication {SLOT} for {published} with (publish_via_partition_root = true)",
        *(insert(number) for number in (1, 2, 3)),
    )
    captured.extract(today(), "run 1")
    captured.run(out, *(statement.replace("operations.orders", called) for statement in UNSEEN), back)

    refused = captured.refused()
    assert_said("may have been out of what is published|left its publication for a while", refused.message)
    captured.mend(refused)
    assert captured.differences() == []


@pytest.mark.few(1)
@pytest.mark.parametrize("how", ["renamed", "columns swapped", "another type"])
def test_what_was_otherwise_at_a_change_is_seen_in_the_log(captured: Captured, how: str) -> None:
    """Though it was altered back before anybody looked, and the catalogs hold no trace that we keep."""
    there, back = {
        "renamed": (
            ["alter table operations.orders rename to other"],
            ["alter table operations.other rename to orders"],
        ),
        "columns swapped": (swapped := [
            "alter table operations.orders rename updated_by to held",
            "alter table operations.orders rename created_by to updated_by",
            "alter table operations.orders rename held to created_by",
        ], swapped),
        "another type": (
            ["alter table operations.orders alter customer_id type integer"],
            ["alter table operations.orders alter customer_id type bigint"],
        ),
    }[how]  # fmt: skip
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    name = "other" if how == "renamed" else "orders"
    captured.run(*there, f"update operations.{name} set updated_by = 7", *back)  # noqa: S608

    captured.mend(captured.refused())
    assert captured.differences() == []


@pytest.mark.slow
def test_a_raw_table_that_was_dropped_is_copied_anew(captured: Captured) -> None:
    """What the place stands for is gone; nobody has to say so."""
    captured.run(insert(1), insert(2))
    captured.extract(today(), "run 1")
    with captured.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("drop table raw.operations_orders cascade")
    captured.run(delete(2), insert(3))
    captured.extract(today(), "run 2")

    assert captured.differences() == []


def test_rows_that_a_policy_hides_from_the_role_are_refused_and_not_taken_for_deleted(
    captured: Captured, logical: Logical
) -> None:
    captured.run(insert(1), insert(2))
    captured.extract(today(), "run 1")
    url = captured.url.replace(f"postgres:{logical.password}", "hidden:sesam-open")
    captured.run(
        "create role hidden login replication password 'sesam-open'",
        "grant usage on schema operations to hidden",
        "grant select on all tables in schema operations to hidden",
        "alter table operations.orders enable row level security",
    )
    try:
        captured.reads(url, SLOT)
        captured.begin_anew()
        with pytest.raises(MendInput, match="row-level security"):
            captured.extract(today(), "run 2")
        assert [gone for _, _, gone in captured.statuses()] == [False, False]
    finally:
        captured.reads(captured.url, SLOT)
        captured.run("drop owned by hidden", "drop role hidden")


def test_an_upgrade_goes_on_from_its_place(captured: Captured) -> None:
    """A ledger from before the facts were kept."""
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    with captured.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.captures set facts = null, last_commit = null")
    captured.run(insert(2))
    assert captured.extract(today(), "run 2").new == 1
    (kept,) = captured.ask("select facts is not null and last_commit is not null as kept from ledger.captures")
    assert kept == {"kept": True}
