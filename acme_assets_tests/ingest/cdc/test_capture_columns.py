"""Columns of a captured table that come late, go, or are computed by the source."""

import pytest

from acme_assets_tests.support.capturing import SLOT, Captured, insert
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.monitoring.doctor.capture import change_capture
from acme_platform.monitoring.doctor.patient import Patient

COMPUTED = "alter table operations.orders drop status, add status text generated always as ('N' || order_id) {}"
ORDER = "insert into operations.orders (order_id) values ({})"


@pytest.mark.slow
def test_a_stored_generated_column_is_said_to_be_that_with_the_statement_that_sends_it(captured: Captured) -> None:
    captured.run(COMPUTED.format("stored"), ORDER.format(1))

    with pytest.raises(MendInput, match=r"operations.orders.status is a generated column \(stored\)") as refused:
        captured.extract(today(), "run 1")
    (statement,) = [one for one in refused.value.next_step.split("; ") if "publish_generated_columns" in one]
    captured.run(statement.removeprefix("on that server, as its administrator: "))
    captured.extract(today(), "run 2")
    captured.run(ORDER.format(2))
    captured.extract(today(), "run 3")
    assert captured.differences() == []
    assert [row["status"] for row in captured.ask("select status from raw.operations_orders")] == ["N1", "N2"]


def test_a_virtual_generated_column_is_left_out_or_computed_by_us(captured: Captured) -> None:
    """It is sent by no server. So is a stored one before 18, whose statement it is not."""
    captured.extract(today(), "run 1")
    captured.run(COMPUTED.format("virtual"))

    refused = captured.refused()
    assert "operations.orders.status is a generated column (virtual), which is not sent" in refused.message
    assert "take status out of sql/raw/operations_orders.sql and compute it in staging" in refused.next_step
    assert "publish_generated_columns" not in refused.next_step


def test_a_generated_column_that_nobody_declares_is_in_no_version_and_the_doctor_names_it(captured: Captured) -> None:
    """Else it would stand in the copy, and never change with its row."""
    captured.run("alter table operations.orders add twice bigint generated always as (order_id * 2) stored", insert(1))
    captured.extract(today(), "run 1")
    captured.run(insert(2))
    captured.extract(today(), "run 2")

    assert [row["extra"] for row in captured.ask("select extra from raw.operations_orders")] == [None, None]
    patient = Patient({})
    patient.__dict__.update(settings=captured.services.settings, services=captured.services)
    (finding,) = change_capture(patient)
    assert "it does not send operations.orders.twice" in finding.said


def test_a_column_that_was_left_out_of_the_publication_on_purpose_is_in_no_version(captured: Captured) -> None:
    columns = "order_id, order_date, delivery_date, customer_id, status, updated_at, updated_by, created_at, created_by"
    captured.run(
        "alter table operations.orders add secret text default 'sesam'",
        f"create publication {SLOT} for table operations.orders ({columns}), operations.order_items"
        " with (publish_via_partition_root = true)",
        insert(1),
    )
    captured.extract(today(), "run 1")
    captured.run(insert(2))
    captured.extract(today(), "run 2")

    assert captured.differences() == []
    assert "sesam" not in str(captured.ask("select extra from raw.operations_orders"))
