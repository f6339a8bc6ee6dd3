"""`acme demo` as a new user types it, on servers of its own."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.support.demonstration import Demonstration, acme, stop_servers
from acme_platform.config.settings import Settings
from acme_platform.day import ONE_DAY, Days, parse_days, today
from acme_platform.serving.question import questions


@dataclass(frozen=True)
class Again:
    """A demo, typed again in the home that it left."""

    home: Path
    said: "subprocess.CompletedProcess[str]"


@pytest.fixture(scope="module")
def again(demonstrated: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Again]:
    home = tmp_path_factory.mktemp("demo") / "home"
    demonstrated.copy(home)
    yield Again(home, acme(home, "demo"))
    stop_servers(home)


def days_of(demo: Demonstration) -> Days:
    """Those of its first feed, as it says them."""
    _, lines = next(item for item in sections(demo.out).items() if item[0].startswith("▌ 1"))
    return parse_days(lines[0].partition(":")[0])


def sections(said: str) -> dict[str, list[str]]:
    """Title -> lines, as they are set apart by an empty line."""
    blocks = [block.splitlines() for block in said.strip().split("\n\n")]
    return {title: lines for title, *lines in blocks}


def answers(said: str) -> dict[str, list[str]]:
    """Everything behind the runs, whose numbers differ, and behind the place, for the second one is typed in a copy."""
    behind = ("run ", "everything lives below")
    return {
        title: lines for title, lines in sections(said).items() if not any(word in "".join(lines) for word in behind)
    }


def answered(said: str, question: str) -> list[str]:
    """What the demo shows below the title of a question."""
    return next(lines for title, lines in sections(said).items() if title.startswith(f"{question}, as of "))


def test_the_demo_ends_well_and_warns_of_nothing_but_broken_promises(demonstrated: Demonstration) -> None:
    assert demonstrated.code == 0, demonstrated.err
    assert "Traceback" not in demonstrated.err
    assert "Warning" not in demonstrated.err


def test_every_feed_is_a_chapter_and_every_question_is_answered(demonstrated: Demonstration) -> None:
    titles = [title for title in sections(demonstrated.out) if title.startswith("▌")]
    assert [title.split(":")[0] for title in titles] == [
        "▌ 1 of 5, sales",
        "▌ 2 of 5, interactions",
        "▌ 3 of 5, bookings",
        "▌ 4 of 5, shop",
        "▌ 5 of 5, operations",
    ]
    assert all(answered(demonstrated.out, question)[1:] for question in questions())


def test_every_cache_and_export_and_what_was_rejected_is_shown(demonstrated: Demonstration) -> None:
    titles = list(sections(demonstrated.out))
    shown = [title.split()[-1] for title in titles if title.startswith("Redis holds")]
    assert shown == [
        "country:*",
        "user:*:interactions",
        "best_product",
        "open_orders:*",
        "top_dates",
        "top_customers",
    ]
    rejected = [title.split()[2].rstrip(",") for title in titles if title.startswith("Rejected by")]
    assert rejected == ["sales", "interactions", "bookings", "shop"]
    assert [title for title in titles if title.startswith(f"Exported to the lake for {days_of(demonstrated).last}")]


def test_the_demo_tells_the_two_weeks_up_to_today_and_its_home_begins_with_them(demonstrated: Demonstration) -> None:
    assert (len(days_of(demonstrated)), days_of(demonstrated).last in (today(), today() - ONE_DAY)) == (14, True)
    assert Settings.from_env({"ACME_HOME": str(demonstrated.home)}).first_day == days_of(demonstrated).first


def test_the_demo_shows_days_that_follow_a_correction(demonstrated: Demonstration) -> None:
    days, corrected = days_of(demonstrated), date.fromisoformat(demonstrated.out.partition("The orders of ")[2][:10])

    assert corrected.strftime("%A") == "Tuesday"
    assert 7 <= (days.last - corrected).days < 14
    assert f"{Days(corrected + ONE_DAY, days.last)} became stale in" in demonstrated.out


@pytest.mark.slow
def test_the_demo_typed_again_gives_the_same_answers(demonstrated: Demonstration, again: Again) -> None:
    assert again.said.returncode == 0, again.said.stderr
    assert answers(again.said.stdout) == answers(demonstrated.out)
    assert answers(demonstrated.out).keys() >= {title for title in sections(demonstrated.out) if ", as of " in title}


@pytest.mark.slow
def test_what_the_demo_proposes_works_and_agrees_with_it(demonstrated: Demonstration, again: Again) -> None:
    proposed = [line.strip().split("  ")[0] for line in sections(demonstrated.out)["Next"]]
    assert proposed[:2] == ["make up", ". .venv/bin/activate"]
    for line in proposed[2:]:
        name, *words = line.split()
        done = acme(again.home, *words)
        assert (name, done.returncode) == ("acme", 0), done.stderr
    top = acme(again.home, "query", "top_paying_customers")

    assert top.stdout.splitlines()[1:] == answered(demonstrated.out, "top_paying_customers")


def test_the_output_in_a_pipe_is_plain(demonstrated: Demonstration) -> None:
    assert "\x1b" not in demonstrated.out + demonstrated.err
