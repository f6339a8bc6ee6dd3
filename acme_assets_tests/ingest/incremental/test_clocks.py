"""What is told of reading by time: zones of the source, what was found beside the cursor, and deletes, by design."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest

from acme_assets_tests.support.origin import Origin
from acme_platform.day import today
from acme_platform.monitoring.doctor import clocks
from acme_platform.monitoring.doctor.finding import Level
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.monitoring.status import status
from acme_platform.orchestration.asset_metadata import description
from acme_platform.registry import catalog


@pytest.fixture
def patient(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")
    made = Patient({})
    made.__dict__.update(settings=origin.services.settings, services=origin.services)
    with closing(made):
        yield made


def test_a_zone_that_is_not_utc_is_told_with_the_statement_that_mends_it(origin: Origin, patient: Patient) -> None:
    """London is UTC in winter and is told, too."""
    assert [finding.level for finding in clocks.clocks(patient)] == [Level.OK]
    url = origin.url
    name, role = urlsplit(url).path[1:], urlsplit(url).username
    origin.run(
        f"alter database {name} set timezone = 'Europe/London'",
        f"alter role {role} in database {name} set timezone = 'America/New_York'",
    )
    findings = list(clocks.clocks(patient))

    assert [finding.level for finding in findings] == [Level.WARN, Level.WARN]
    assert [
        zone in finding.said for finding, zone in zip(findings, ("Europe/London", "America/New_York"), strict=True)
    ] == [True] * 2
    with closing(psycopg2.connect(url)) as administrator, administrator.cursor() as cursor:
        administrator.autocommit = True
        for finding in findings:
            cursor.execute(finding.mend.removeprefix("there, as its administrator: ").partition(";")[0])
    assert [finding.level for finding in clocks.clocks(patient)] == [Level.OK]


@pytest.mark.slow
def test_what_was_found_is_told_by_doctor_and_status(origin: Origin, patient: Patient) -> None:
    origin.order(4, f"{today()} 00:00")
    origin.extract(today(), "run 1")
    assert [finding.level for finding in clocks.comparison(patient)] == [Level.OK]
    assert status(origin.services).found == []
    origin.order(5, "2021-06-01")
    origin.run("delete from operations.orders where order_id = 4")
    origin.extract(today(), "run 2")

    findings = {finding.said.partition(",")[0]: finding for finding in clocks.comparison(patient)}
    assert set(findings) == {
        "raw.operations_orders: 1 row older than the first day",
        "raw.operations_orders: 1 row gone from the source",
    }
    gone = findings["raw.operations_orders: 1 row gone from the source"]
    assert (gone.level, "ACME_SOURCE_FINANCE_CAPTURE" in gone.mend) == (Level.WARN, True)
    assert [discrepancy.said for discrepancy in status(origin.services).found] == [
        "1 row gone from the source: 4",
        "1 row older than the first day: 5",
    ]


def test_a_table_that_cannot_be_compared_is_told_with_the_statement_that_mends_it(
    origin: Origin, patient: Patient
) -> None:
    origin.run("alter table operations.orders drop constraint orders_pkey")
    (finding,) = clocks.comparison(patient)

    assert finding.level is Level.WARN
    origin.run(finding.mend.removeprefix("there, as its administrator: "))
    assert [finding.level for finding in clocks.comparison(patient)] == [Level.OK]


def test_that_deletes_are_not_seen_is_said_by_the_doctor_and_by_each_table_that_is_read_by_time(
    patient: Patient,
) -> None:
    (finding,) = clocks.deletes(patient)
    said = {
        table.full_name for table in catalog.tables().values() if "ACME_SOURCE_FINANCE_CAPTURE" in description(table)
    }

    assert "ACME_SOURCE_FINANCE_CAPTURE" in finding.said
    assert said == {f"{layer}.operations_{name}" for layer in ("raw", "staging") for name in ("orders", "order_items")}
