"""`acme status`, `acme doctor` and `acme migrate`, as they are typed."""

import io
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from acme_platform.lake import open_lake

from .conftest import Acme


@pytest.fixture(autouse=True)
def on_the_tests_servers(servers_of_the_tests: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 (addresses)
    """Opening Dagster's instance sets the variable for the process; here it goes with the test."""
    monkeypatch.setenv("DAGSTER_HOME", "")


@pytest.fixture
def delivered(home: Path) -> None:
    """A file of one day that nobody has loaded."""
    content = io.BytesIO(b"order_id,customer_id,order_date,amount\n1,1,2024-01-02,10.00\n")
    open_lake(str(home / "lake")).put("sales/orders/2024-01-02.csv", content)


def test_status_shows_the_missing_day(acme: Acme, delivered: None) -> None:  # noqa: ARG001 (a file)
    """In the line of its feed and in that of its table; what is well has no line but the feed's."""
    answer = acme("status")

    assert answer.code == 0
    lines = answer.out.splitlines()
    assert ["2024-01-02" in line for line in lines if line.startswith(("sales ", "raw.sales_orders"))] == [True, True]
    assert [line.split()[0] for line in lines[1:6]] == ["bookings", "interactions", "operations", "sales", "shop"]
    assert not any(line.startswith("staging.") for line in lines)
    assert "runs: 0 under way, 0 queued" in answer.out
    assert "acme doctor" in answer.out


def test_status_of_a_feed_shows_all_its_tables_and_sensors_and_no_others(acme: Acme) -> None:
    answer = acme("status", "sales")

    assert answer.code == 0
    for name in ("raw.sales_orders", "analytics.top_paying_customers", "cache.country", "sales_arrivals"):
        assert any(line.startswith(name) for line in answer.out.splitlines())
    assert "shop" not in answer.out


def test_status_of_a_feed_that_is_none_names_those_that_are(acme: Acme) -> None:
    answer = acme("status", "sale")

    assert answer.code == 2
    assert "sales" in answer.err


@pytest.mark.slow
def test_status_in_json_is_one_document(acme: Acme, delivered: None) -> None:  # noqa: ARG001 (a file)
    """Days are ranges with both ends."""
    answer = json.loads(acme("status", "--format", "json").out)

    assert set(answer) == {"feeds", "servers", "tables", "caches", "found", "runs", "sensors", "broken", "troubles"}
    tables = {one["table"]: one for one in answer["tables"]}
    assert tables["raw.sales_orders"]["missing"] == [{"first": "2024-01-02", "last": "2024-01-02"}]


@pytest.mark.parametrize(("where", "code"), [("{host}:1/dagster", 1), ("{host}:{port}/no_such_database", 2)])
def test_status_says_that_the_storage_of_dagster_does_not_answer(
    acme: Acme, warehouse_url: str, monkeypatch: pytest.MonkeyPatch, where: str, code: int
) -> None:
    """With the variable to correct, and without the password."""
    parts = urlsplit(warehouse_url)
    address = where.format(host=parts.hostname, port=parts.port)
    monkeypatch.setenv("ACME_DAGSTER_URL", f"postgresql://acme:{parts.password}@{address}")
    answer = acme("status")

    assert answer.code == code
    assert answer.err.startswith(f"Dagster's storage: PostgreSQL at {address}")
    assert "acme doctor" in answer.err
    assert "ACME_DAGSTER_URL" in answer.err
    assert str(parts.password) not in answer.out + answer.err
    assert "Traceback" not in answer.err


def test_doctor_ends_with_0_where_nothing_is_bad(acme: Acme) -> None:
    """A line a finding, and how many there are of each kind."""
    answer = acme("doctor")

    assert answer.code == 0
    assert answer.out.splitlines()[-1].startswith("0 bad, 1 worth a look,")


def test_doctor_ends_with_1_where_something_is_bad_and_shows_no_password(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For programs too."""
    monkeypatch.setenv("ACME_REDIS_URL", "redis://:canary@127.0.0.1:1/0")
    answer = acme("doctor", "--format", "json")

    assert answer.code == 1
    assert [entry["what"] for entry in json.loads(answer.out) if entry["level"] == "bad"] == ["redis"]
    assert "canary" not in answer.out + answer.err


def test_migrate_says_what_it_applied_and_applies_it_once(
    acme: Acme, dagster_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty database gets every migration; the second time there is nothing to do."""
    monkeypatch.setenv("ACME_WAREHOUSE_URL", dagster_url)
    monkeypatch.setenv("ACME_DAGSTER_URL", dagster_url)
    first, second = acme("migrate"), acme("migrate")

    assert (first.code, second.code) == (0, 0)
    assert "001_bookkeeping" in first.out.splitlines()[0]
    assert ["nothing to apply" in line for line in second.out.splitlines()] == [True, True]


@pytest.mark.slow
def test_two_at_once_migrate_once(dagster_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a database that is empty for both of them: one applies, the other waits and has nothing to apply."""
    monkeypatch.setenv("ACME_WAREHOUSE_URL", dagster_url)
    monkeypatch.setenv("ACME_DAGSTER_URL", dagster_url)
    command = [sys.executable, "-c", "from acme_platform.cli import main; main()", "migrate"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate()[0] for one in both]

    assert [one.returncode for one in both] == [0, 0]
    assert sorted("001_bookkeeping" in one for one in said) == [False, True]
