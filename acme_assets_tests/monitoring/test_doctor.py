"""The doctor, on a platform that is broken in one way at a time."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

import dagster as dg
import psycopg2
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus
from dagster._daemon.types import DaemonHeartbeat

from acme_assets_tests.monitoring.examined import Environ, about, badly, finance, only
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.days import deliver, deliver_torn
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.origin import Origin
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.config.settings import Settings
from acme_platform.deployment import instance as dagster_instance
from acme_platform.monitoring.doctor import Level, examine, machine
from acme_platform.monitoring.doctor.variable import known
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse

#: to a port of the loopback where nothing listens
NOBODY = "127.0.0.1:1"


@pytest.fixture
def own_storage(environ: Environ, settings: Settings, dagster_url: str) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage of the test's own, for tests that write to it what daemons and people write."""
    environ["ACME_DAGSTER_URL"] = dagster_url
    with dagster_instance.instance(Services(replace(settings, dagster_url=dagster_url))) as opened:
        yield opened


def stopped(sensor: str) -> InstigatorState:
    """What the UI writes when somebody switches a sensor off."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("acme_assets"), "__repository__")
    origin = RemoteInstigatorOrigin(repository, sensor)
    return InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.STOPPED)


@dg.job
def failing() -> None:
    """Its runs are written down as failed, never run."""


def test_a_fresh_platform_has_nothing_bad_and_every_setting_is_named(environ: Environ) -> None:
    """Its only remark is that the daemon does not run, and which command starts it."""
    findings = list(examine(environ))

    assert [finding.subject for finding in findings if finding.level is Level.BAD] == []
    assert set(environ) <= {finding.subject for finding in findings}
    assert [(finding.subject, finding.mend) for finding in findings if finding.level is Level.WARN] == [
        ("daemon", "acme up")
    ]


def test_every_setting_that_is_read_is_named(environ: Environ) -> None:
    """A setting that is added is added to the report."""

    class Asked(dict[str, str]):
        names: ClassVar[set[str]] = set()

        def get(self, name: str, _default: object = None) -> str | None:  # type: ignore[override]  # as settings ask
            self.names.add(name)
            return super().get(name)

    Settings.from_env(Asked(environ))

    assert Asked.names == set(known())


def test_whatever_is_not_well_comes_with_what_mends_it(environ: Environ, services: Services) -> None:
    """A finding without a next step leaves the person on call alone."""
    deliver(services, 2)
    deliver_torn(services, 3)
    environ["ACME_REDIS_URL"] = f"redis://{NOBODY}/0"

    assert [finding for finding in examine(environ) if finding.level is not Level.OK and not finding.mend] == []


@pytest.mark.parametrize(
    "address",
    [
        f"acme:canary@{NOBODY}/x",
        f"acme:can%40ary@{NOBODY}/x",
        f"acme@{NOBODY}/x?password=canary",
        f"acme:12#canary@{NOBODY}/x",
        f"acme:12/canary@{NOBODY}/x",
        f"acme:c@nary@{NOBODY}/x",
        "acme:canary@[::1/x",
    ],
)
def test_a_server_that_is_not_there_is_bad_and_no_password_is_shown(environ: Environ, address: str) -> None:
    """Whatever the URL looks like, and whoever writes the message."""
    secrets = {"AWS_SECRET_ACCESS_KEY": "canary", "AWS_SESSION_TOKEN": "canary", "ACME_SECRET": "canary"}
    urls = {f"ACME_{name}_URL": f"postgresql://{address}" for name in ("WAREHOUSE", "DAGSTER")}
    findings = list(examine({**environ, **urls, **secrets, "ACME_REDIS_URL": f"redis://{address}"}))

    assert [finding for finding in findings if "nary" in repr(finding)] == []
    assert any(finding.level is Level.BAD for finding in findings)


def test_a_wrong_password_is_refused_by_the_real_server_and_not_shown(environ: Environ) -> None:
    """The servers' own messages are passed on."""
    for name in ("ACME_WAREHOUSE_URL", "ACME_DAGSTER_URL", "ACME_REDIS_URL"):
        parts = urlsplit(environ[name])
        wrong = f"{parts.username or ''}:canary@{parts.hostname}:{parts.port}"
        environ[name] = parts._replace(netloc=wrong).geturl()
    findings = list(examine(environ))

    assert {finding.subject for finding in findings if finding.level is Level.BAD} == {"warehouse", "dagster", "redis"}
    assert [finding for finding in findings if "canary" in repr(finding)] == []


def test_a_warehouse_that_is_down_is_said_once(environ: Environ) -> None:
    """What needs it is left out in one line, and everything else is looked at."""
    environ["ACME_WAREHOUSE_URL"] = f"postgresql://acme:canary@{NOBODY}/warehouse"
    findings = {finding.subject: finding for finding in examine(environ)}

    assert [finding.subject for finding in findings.values() if finding.level is Level.BAD] == ["warehouse"]
    assert "ACME_WAREHOUSE_URL" in findings["warehouse"].mend
    assert {"migrations", "stale days"} <= set(findings["not looked at"].said.split(", "))
    assert {findings[subject].level for subject in ("redis", "lake", "dagster")} == {Level.OK}


@pytest.mark.parametrize(
    ("broken", "says"),
    [("", "operations.order_items"), (f"postgresql://acme:canary@{NOBODY}/finance_db", NOBODY)],
    ids=["a table is missing", "nobody answers"],
)
def test_an_operational_database_that_cannot_be_read_is_bad(
    environ: Environ, origin: Origin, broken: str, says: str
) -> None:
    environ["ACME_OPERATIONS_URL"] = origin.url
    assert finance(environ).level is Level.OK
    origin.run("drop table operations.order_items")
    finding = finance(environ | ({"ACME_OPERATIONS_URL": broken} if broken else {}))

    assert finding.level is Level.BAD
    assert says in finding.said
    assert "ACME_OPERATIONS_URL" in finding.mend
    assert "canary" not in repr(finding)


@pytest.mark.slow
def test_what_lets_the_operational_database_be_read_gently_is_told(
    environ: Environ, services: Services, logical: Logical
) -> None:
    """And when that was run, there is nothing to say."""
    with database(logical.url, "template1") as url, closing(Warehouse(url)) as operational:
        there = Origin(services, operational)
        there.create()
        there.run(
            "create role reader login password 'canary'",
            "grant usage on schema operations to reader",
            "grant select on operations.customers, operations.products, operations.orders to reader",
            "drop index operations.orders_updated_at",
        )
        environ["ACME_OPERATIONS_URL"] = url.replace(f"postgres:{logical.password}", "reader:canary")
        findings = about("source finance, reading", environ)

        assert [finding.level for finding in findings] == [Level.BAD, Level.WARN, Level.WARN]
        assert ["operations.order_items" in finding.said for finding in findings] == [True, False, False]
        assert "canary" not in repr(findings)
        with closing(psycopg2.connect(url)) as administrator, administrator.cursor() as cursor:
            administrator.autocommit = True
            for finding in findings:
                cursor.execute(finding.mend.removeprefix("there, as its administrator: "))
        assert about("source finance, reading", environ) == []
        there.run("drop owned by reader", "drop role reader")


def test_a_setting_that_cannot_be_understood_is_what_is_bad(environ: Environ) -> None:
    """Nothing is looked at with half the settings."""
    finding = only("settings", {**environ, "ACME_FIRST_DAY": "tomorrow"})

    assert (finding.level, "'tomorrow' is not a day" in finding.said) == (Level.BAD, True)


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(environ: Environ) -> None:
    """Nobody else would ever say that it is not read."""
    finding = only("ACME_WAREHOUSE_URI", {**environ, "ACME_WAREHOUSE_URI": "postgresql://h/w"})

    assert (finding.level, finding.mend) == (Level.WARN, "export ACME_WAREHOUSE_URL=…")


def test_a_warehouse_without_migrations_is_left_as_it_is(environ: Environ, dagster_url: str) -> None:
    """The doctor looks; `acme migrate` mends."""
    environ["ACME_WAREHOUSE_URL"] = dagster_url
    found, again = (only("migrations", environ) for _ in range(2))

    assert (found.level, found.mend) == (Level.WARN, "acme migrate")
    assert again == found


def test_a_role_that_may_not_create_schemas_is_bad(environ: Environ, pipeline: Pipeline) -> None:
    """The statement that grants it is the next step."""
    name = urlsplit(environ["ACME_WAREHOUSE_URL"]).path[1:]
    pipeline.change(f"revoke create on database {name} from public, acme")
    finding = only("warehouse rights", environ)

    assert finding.level is Level.BAD
    assert f"grant create on database {name} to acme" in finding.mend


def test_little_room_is_worth_a_look_and_none_is_bad(environ: Environ, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both limits are below what any machine has free, so they are raised."""
    monkeypatch.setattr(machine, "LOW", 10**18)
    assert only("disk", environ).level is Level.WARN

    monkeypatch.setattr(machine, "TOO_LOW", 10**18)
    assert only("disk", environ).level is Level.BAD


def test_a_bucket_that_does_not_exist_is_bad(
    environ: Environ,
    s3_bucket: str,  # noqa: ARG001  # sets the AWS_* variables
) -> None:
    """The lake's own message says so."""
    finding = only("lake", {**environ, "ACME_LAKE_URL": "s3://bucket-of-nobody"})

    assert (finding.level, "bucket-of-nobody" in finding.said) == (Level.BAD, True)


@pytest.mark.slow
def test_a_stopped_sensor_is_bad(environ: Environ, own_storage: dg.DagsterInstance) -> None:
    """Somebody switched it off; only the others are on."""
    own_storage.add_instigator_state(stopped("sales_arrivals"))

    assert badly(environ) == {"sensor sales_arrivals"}
    assert "Automation" in only("sensor sales_arrivals", environ).mend


@pytest.mark.slow
def test_a_daemon_that_gives_signs_runs(environ: Environ, own_storage: dg.DagsterInstance) -> None:
    """All of its parts, or it is bad and names the silent one."""
    for part in own_storage.get_required_daemon_types():
        own_storage.add_daemon_heartbeat(DaemonHeartbeat(time.time(), part, "it", []))
    assert only("daemon", environ).level is Level.OK

    own_storage.add_daemon_heartbeat(DaemonHeartbeat(time.time() - 3600, "SENSOR", "it", []))
    finding = only("daemon", environ)
    assert (finding.level, "SENSOR" in finding.said) == (Level.BAD, True)


@pytest.mark.slow
def test_a_failed_run_is_worth_a_look_for_a_day(environ: Environ, own_storage: dg.DagsterInstance) -> None:
    """With the days it was about."""
    own_storage.create_run_for_job(
        failing, status=dg.DagsterRunStatus.FAILURE, tags={"dagster/partition": "2024-01-02"}
    )
    finding = next(finding for finding in examine(environ) if finding.subject == "runs")

    assert (finding.level, finding.mend) == (Level.WARN, "acme run --days 2024-01-02")
