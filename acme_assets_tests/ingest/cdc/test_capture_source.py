"""The source of a capture: what it has to have, and who is told what when it lacks it or somebody else was there."""

import pytest

from acme_assets_tests.support.capturing import SLOT, TABLES, Captured, change, insert
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.origin import Origin
from acme_platform.config.settings import Settings
from acme_platform.day import today
from acme_platform.errors import MendInput, UsageError
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.database.source import Source
from acme_platform.monitoring.doctor.capture import change_capture
from acme_platform.monitoring.doctor.patient import Patient


@pytest.mark.slow
def test_a_slot_that_is_gone_is_said_and_a_new_copy_mends_it(captured: Captured) -> None:
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    captured.slot().drop()
    captured.run(insert(2))

    refused = captured.refused("run 2")
    assert f"the slot {SLOT} is gone" in refused.message
    captured.mend(refused, "run 3")
    captured.run(insert(3))
    captured.extract(today(), "run 4")
    assert sorted(captured.statuses()) == [(number, "PENDING", False) for number in (1, 2, 3)]


def test_a_slot_from_which_somebody_else_read_is_said(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1))
    slot = captured.slot()
    slot.advance(slot.facts(()).written)

    with pytest.raises(MendInput, match="somebody else read"):
        captured.extract(today(), "run 2")


def test_a_slot_that_was_there_before_is_left_alone(captured: Captured) -> None:
    captured.slot().prepare(TABLES)
    captured.run(f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")

    with pytest.raises(MendInput, match="somebody else's"):
        captured.extract(today(), "run 1")
    assert captured.confirmed()


def test_a_table_that_is_truncated_is_said(captured: Captured) -> None:
    captured.run(insert(1))
    captured.extract(today(), "run 1")
    captured.run("truncate operations.orders")

    with pytest.raises(MendInput, match=r"operations\.orders was truncated"):
        captured.extract(today(), "run 2")


def test_a_role_without_the_rights_is_told_what_an_administrator_must_run(captured: Captured, logical: Logical) -> None:
    """And when that was run, it captures with no further right, and its password was never shown."""
    captured.run(
        "create role plain login password 'sesam-open'",
        "grant usage on schema operations to plain",
        "grant select on all tables in schema operations to plain",
    )
    try:
        url = captured.url
        captured.reads(url.replace(f"postgres:{logical.password}", "plain:sesam-open"), SLOT)
        with pytest.raises(MendInput, match=r"may not replicate.*no publication") as refused:
            captured.extract(today(), "run 1")
        assert "sesam-open" not in str(refused.value)
        said = refused.value.next_step.split(": ", 1)[1].split("; or unset")[0]
        captured.run(*said.split("; "))
        captured.run(insert(1))
        captured.extract(today(), "run 2")
        assert captured.statuses() == [(1, "PENDING", False)]
    finally:
        Slot(Source(url), SLOT).drop()
        captured.run("drop owned by plain", "drop role plain")


def test_a_table_without_identity_would_refuse_its_writers_and_is_not_published(captured: Captured) -> None:
    captured.run("alter table operations.orders drop constraint orders_pkey")

    with pytest.raises(MendInput, match=r"operations\.orders has no replica identity"):
        captured.extract(today(), "run 1")
    captured.run(insert(1), change(1, "COMPLETED"))


def test_a_server_that_keeps_no_log_for_it_is_told_how_to(origin: Origin) -> None:
    """The embedded one loads without a log, and is read by the time of change."""
    origin.reads(origin.url, SLOT)

    with pytest.raises(MendInput, match="its wal_level is minimal"):
        origin.extract(today(), "run 1")


def test_a_name_that_is_none_of_a_slot_is_refused() -> None:
    with pytest.raises(UsageError, match="no name of a replication slot"):
        Settings.from_env({"ACME_OPERATIONS_CAPTURE": "Robert'; drop"})


# the doctor


def said(origin: Origin) -> list[tuple[str, str, str]]:
    patient = Patient({})
    patient.__dict__.update(settings=origin.services.settings, services=origin.services)
    return [(finding.level.name, finding.said, finding.mend) for finding in change_capture(patient)]


@pytest.mark.slow
def test_the_doctor_tells_what_lacks_and_how_much_log_is_kept(captured: Captured) -> None:
    levels = [level for level, _, _ in said(captured)]
    assert levels == ["BAD", "WARN"]
    captured.extract(today(), "run 1")

    assert [(level, "keeps 0 MB" in what) for level, what, _ in said(captured)] == [("OK", True)]
