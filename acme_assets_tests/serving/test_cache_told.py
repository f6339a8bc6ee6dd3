"""What is told of a cache: one line of the doctor, the status and the standing check say the same, with one command."""

from collections.abc import Callable
from contextlib import closing

import pytest

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import Pipeline, day, environment
from acme_platform.errors import MendInput
from acme_platform.ledger import failures
from acme_platform.materialize.cache_lag import cache_age
from acme_platform.monitoring.doctor.finding import Finding, Level
from acme_platform.monitoring.doctor.keys import caches
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog
from acme_platform.registry.remedies import again
from acme_platform.serving.loss import Loss, refuse

COUNTRY = catalog.table("cache.country")
UPSTREAM = "acme run --select +cache/country --days 2024-01-0"
FILL = "acme run --select cache/country --days 2024-01-0"


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    deliver(pipeline.services, 1)
    pipeline.fill(day(1))
    return pipeline


def line(pipeline: Pipeline) -> Finding:
    """What the doctor says of cache.country; of every cache it says one."""
    with closing(Patient(environment(pipeline.services.settings))) as patient:
        findings = {cache.subject: cache for cache in caches(patient)}
    assert list(findings) == [name for name, table in catalog.tables().items() if table.layer.name == "cache"]
    return findings["cache.country"]


def refused(pipeline: Pipeline) -> None:
    with pytest.raises(MendInput) as caught:
        refuse(COUNTRY, day(1), Loss(249, 249))
    failures.attempt(pipeline.services.open_warehouse(), COUNTRY, "run").failed([day(1)], caught.value)


def behind(pipeline: Pipeline) -> None:
    deliver(pipeline.services, 2)
    pipeline.fill(day(2), layers=("raw", "staging", "analytics"))
    pipeline.change("update ledger.builds set built_at = built_at - interval '5 minutes'")


HARMS: dict[str, tuple[Callable[[Pipeline], object], Level, str, str]] = {
    "nothing": (lambda _: None, Level.OK, "Redis holds 2 keys of 2024-01-01 as the table has them, given at 2", ""),
    "a key": (
        lambda pipeline: pipeline.services.open_redis().delete("country:USA"),
        Level.BAD,
        "1 of Redis' keys is not as cache.country has it",
        f"{FILL}1",
    ),
    "foreign keys": (
        lambda pipeline: pipeline.services.open_redis().mset({f"country:{number}": "x" for number in range(17)}),
        Level.BAD,
        "17 of Redis' keys are not as cache.country has them",
        f"{FILL}1",
    ),
    "all of it": (
        lambda pipeline: pipeline.services.open_redis().flushdb(),
        Level.BAD,
        "Redis was emptied or changed since the refresh of 2024-01-01",
        f"{FILL}1",
    ),
    "a refusal": (
        refused,
        Level.BAD,
        "cache.country of 2024-01-01 would take 249 of the 249 keys country:* that Redis holds",
        f"{FILL}1 --accept-loss",
    ),
    "behind": (behind, Level.WARN, "Redis holds 2024-01-01, and newer answers are there since", f"{FILL}2"),
}


@pytest.mark.parametrize(("harm", "level", "said", "mend"), HARMS.values(), ids=HARMS)
def test_the_doctor_has_a_line_for_each_cache_with_the_command_that_mends_it(
    filled: Pipeline, harm: Callable[[Pipeline], object], level: Level, said: str, mend: str
) -> None:
    harm(filled)
    found = line(filled)
    assert (found.level, found.mend) == (level, mend)
    assert said in found.said
    with filled.services.open_warehouse().transaction("test") as cursor:
        age = cache_age(cursor, filled.services, COUNTRY)
    assert age.is_behind == (level is not Level.OK)
    assert age.trouble == (found.said if level is Level.BAD and "would" not in said else "")


def test_a_cache_that_was_never_filled_has_a_line(pipeline: Pipeline) -> None:
    assert (line(pipeline).level, line(pipeline).said) == (Level.OK, "was never filled")


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("KeyError: 'key'", f"{FILL}1"),
        (str(MendInput("what happened", f"{UPSTREAM}1")), f"{UPSTREAM}1"),
        (str(MendInput("what happened", f"{FILL}1 --accept-loss")), f"{FILL}1 --accept-loss"),
        (str(MendInput("what happened", "mend sql/cache/country.sql")), f"{FILL}1"),
    ],
)
def test_what_an_error_says_to_type_is_what_is_told(message: str, command: str) -> None:
    """The plain command would be refused again."""
    assert again("cache.country", day(1), message) == command
