"""Two feeds that read two databases, one by time and one by capture: neither knows of the other."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from acme_assets_tests.support.foreign import Foreign, declared, feed, foreign
from acme_assets_tests.support.logical import Logical
from acme_platform.day import today
from acme_platform.embedded import Addresses
from acme_platform.errors import MendInput
from acme_platform.monitoring.doctor import capture, clocks, origin
from acme_platform.monitoring.doctor.finding import Finding, Level
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.services import Services
from acme_platform.triggers.source_changes import look

NORTH, SOUTH = feed("north"), feed("south")
PLACE = "insert into depot.moves values ('', {}, 1, {})"
PER_TABLE = "select table_name, max(complete_to)::text from ledger.watermarks group by 1 order by 1"


@pytest.fixture
def both(servers: Addresses, logical: Logical, services: Services) -> Iterator[tuple[Foreign, Foreign]]:
    """North by time, south by capture."""
    with (
        declared(NORTH, SOUTH),
        foreign(servers.warehouse_url, services, NORTH) as north,
        foreign(logical.url, services, SOUTH, capture="acme_south") as south,
    ):
        yield north, south


@pytest.fixture
def patient(services: Services) -> Iterator[Patient]:
    made = Patient({})
    made.__dict__["services"] = services
    with closing(made):
        yield made


def of(findings: list[tuple[Any, ...]], name: str) -> list[tuple[Any, ...]]:
    """The rows that are told of that feed, or of its tables."""
    return [row for row in findings if str(row[0]).removeprefix("raw.").startswith(name)]


def examined(patient: Patient) -> dict[str, list[Finding]]:
    patient.__dict__["settings"] = patient.services.settings
    patient.__dict__.pop("sources", None)
    checks = (origin.sources, origin.reading_rights, clocks.clocks, clocks.comparison, clocks.deletes)
    findings = [finding for check in (*checks, capture.change_capture) for finding in check(patient)]
    return {
        subject: [finding for finding in findings if finding.subject == subject]
        for subject in {finding.subject for finding in findings}
    }


def test_a_reading_of_one_leaves_what_is_known_of_the_other_as_it_is(both: tuple[Foreign, Foreign]) -> None:
    north, south = both
    for one, run in ((north, "n 1"), (south, "s 1")):
        one.run(PLACE.format(5, 1))
        one.read(run)
        assert look(one.services, one.feed).days == []
    before = north.ask(PER_TABLE), north.ask("select feed, pulse from ledger.pulses order by 1")
    assert {table.split(".")[1] for table, _ in before[0]} == {
        f"{feed}_{table}" for feed in ("north", "south") for table in ("moves", "prices")
    }

    south.run(PLACE.format(6, 2))
    assert (look(north.services, NORTH).days, look(south.services, SOUTH).days) == ([], [today()])
    south.read("s 2")

    after = north.ask(PER_TABLE), north.ask("select feed, pulse from ledger.pulses order by 1")
    for known, now in zip(before, after, strict=True):
        assert of(known, "north") == of(now, "north")
        assert of(known, "south") != of(now, "south")
    assert [one.ask(f"select count(*) from raw.{one.feed.name}_moves") for one in both] == [[(1,)], [(2,)]]  # noqa: S608


def test_the_same_keys_in_both_are_two_rows_and_a_delete_ends_the_one_of_its_own(both: tuple[Foreign, Foreign]) -> None:
    for one in both:
        one.run(PLACE.format(5, 1), PLACE.format(6, 2))
        one.read(f"{one.feed.name} 1")
    both[1].run("delete from depot.moves where number = 1")
    for one in both:
        one.read(f"{one.feed.name} 2")
        one.stage(f"{one.feed.name} 2")

    current = "select number, quantity from staging.{}_moves where valid_to is null order by 1"
    assert [one.ask(current.format(one.feed.name)) for one in both] == [[(1, 5), (2, 6)], [(2, 6)]]


@pytest.mark.slow
def test_only_the_one_that_is_captured_has_a_slot_and_a_publication(both: tuple[Foreign, Foreign]) -> None:
    north, south = both
    for one in both:
        one.read(one.feed.name)

    assert north.ask("select feed, slot from ledger.captures") == [("south", "acme_south")]
    mine = "select slot_name from pg_replication_slots where database = current_database()"
    assert (north.there(mine), south.there(mine)) == ([], [("acme_south",)])
    published = "select pubname, tablename from pg_publication_tables order by 2"
    assert north.there(published) == []
    assert south.there(published) == [("acme_south", "moves"), ("acme_south", "prices")]


@pytest.mark.slow
def test_both_may_be_captured_from_one_server_each_by_a_slot_of_its_own(logical: Logical, services: Services) -> None:
    with (
        declared(NORTH, SOUTH),
        foreign(logical.url, services, NORTH, capture="acme_north") as north,
        foreign(logical.url, services, SOUTH, capture="acme_south") as south,
    ):
        for number in (1, 2):
            for one in (north, south):
                one.run(PLACE.format(5, number))
                one.read(f"{one.feed.name} {number}")
        places = north.ask("select feed, slot from ledger.captures order by 1")
        assert places == [("north", "acme_north"), ("south", "acme_south")]
        assert [one.ask(f"select count(*) from raw.{one.feed.name}_moves") for one in (north, south)] == [[(2,)]] * 2  # noqa: S608


@pytest.mark.slow
def test_a_slot_of_the_other_is_left_alone_and_which_variable_names_another_is_told(
    logical: Logical, services: Services
) -> None:
    with (
        declared(NORTH, SOUTH),
        foreign(logical.url, services, NORTH, capture="acme_one") as north,
        foreign(logical.url, services, SOUTH, capture="acme_one") as south,
    ):
        north.read("north")
        with pytest.raises(MendInput, match="somebody else's") as refused:
            south.read("south")
        assert "set ACME_SOURCE_SOUTH_CAPTURE to a new name" in refused.value.next_step


def test_two_feeds_cannot_share_the_slot_of_one_source_and_may_both_read_it_by_time(
    logical: Logical, services: Services
) -> None:
    other = feed("south", source="north")
    with declared(NORTH, other), foreign(logical.url, services, NORTH) as north:
        shared = replace(north, feed=other)
        north.run(PLACE.format(5, 1))
        for one in (north, shared):
            one.read(one.feed.name)
            assert one.ask(f"select count(*) from raw.{one.feed.name}_moves") == [(1,)]  # noqa: S608
        said = services.settings.source("north")
        services.settings = replace(services.settings, sources={"north": replace(said, capture="acme_one")})
        with pytest.raises(MendInput, match="north and south read the changes of the source north"):
            north.read("captured")


@pytest.mark.slow
def test_a_source_that_nobody_named_is_told_with_its_variable_and_holds_up_no_other(
    both: tuple[Foreign, Foreign], patient: Patient
) -> None:
    north, south = both
    sources = {"south": north.services.settings.source("south")}
    north.services.settings = replace(north.services.settings, sources=sources)

    for reads in (lambda: north.read("n 1"), lambda: look(north.services, NORTH)):
        with pytest.raises(MendInput, match="ACME_SOURCE_NORTH_URL is not set") as refused:
            reads()
        assert refused.value.next_step.startswith("set ACME_SOURCE_NORTH_URL")
    south.run(PLACE.format(6, 2))
    south.read("s 1")
    assert south.ask("select count(*) from raw.south_moves") == [(1,)]

    findings = examined(patient)
    (bad,) = findings["source north"]
    assert (bad.level, "ACME_SOURCE_NORTH_URL" in bad.mend) == (Level.BAD, True)
    assert [finding.level for finding in findings["source south"]] == [Level.OK]
    assert {name for name in findings if name.startswith("source north")} == {"source north"}


@pytest.mark.slow
def test_the_doctor_has_lines_for_each_source_by_its_name(both: tuple[Foreign, Foreign], patient: Patient) -> None:
    for one in both:
        one.read(one.feed.name)

    findings = examined(patient)

    assert {subject: {finding.level for finding in lines} for subject, lines in findings.items()} == {
        "source north": {Level.OK},
        "source north, reading": {Level.WARN},
        "source north, clocks": {Level.OK},
        "source north, comparison": {Level.OK},
        "source north, deletes": {Level.OK},
        "source south": {Level.OK},
        "source south, clocks": {Level.OK},
        "source south, capture": {Level.OK},
    }
    assert "ACME_SOURCE_NORTH_CAPTURE" in findings["source north, deletes"][0].said
    assert "slot acme_south" in findings["source south, capture"][0].said
