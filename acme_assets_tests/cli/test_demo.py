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
class Demo:
    """A demo, typed again in the home that it left."""

    home: Path
    first: Demonstration
    second: "subprocess.CompletedProcess[str]"

    @property
    def days(self) -> Days:
        """Those of its first feed, as it says them."""
        _, lines = next(item for item in sections(self.first.out).items() if item[0].startswith("▌ 1"))
        return parse_days(lines[0].partition(":")[0])


@pytest.fixture(scope="module")
def demo(demonstrated: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo") / "home"
    demonstrated.copy(home)
    yield Demo(home, demonstrated, acme(home, "demo"))
    stop_servers(home)


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


def test_the_demo_ends_well_and_warns_of_nothing_but_broken_promises(demo: Demo) -> None:
    assert demo.first.code == 0, demo.first.err
    assert "Traceback" not in demo.first.err
    assert "Warning" not in demo.first.err


def test_every_feed_is_a_chapter_and_every_question_is_answered(demo: Demo) -> None:
    titles = [title for title in sections(demo.first.out) if title.startswith("▌")]
    assert [title.split(":")[0] for title in titles] == [
        "▌ 1 of 5, sales",
        "▌ 2 of 5, interactions",
        "▌ 3 of 5, bookings",
        "▌ 4 of 5, shop",
        "▌ 5 of 5, operations",
    ]
    assert all(answered(demo.first.out, question)[1:] for question in questions())


def test_every_cache_and_export_and_what_was_rejected_is_shown(demo: Demo) -> None:
    titles = list(sections(demo.first.out))
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
    assert [title for title in titles if title.startswith(f"Exported to the lake for {demo.days.last}")]


def test_the_demo_tells_the_two_weeks_up_to_today_and_its_home_begins_with_them(demo: Demo) -> None:
    assert (len(demo.days), demo.days.last in (today(), today() - ONE_DAY)) == (14, True)
    assert Settings.from_env({"ACME_HOME": str(demo.home)}).first_day == demo.days.first


def test_the_demo_shows_days_that_follow_a_correction(demo: Demo) -> None:
    corrected = date.fromisoformat(demo.first.out.partition("The orders of ")[2][:10])

    assert (corrected.strftime("%A"), (demo.days.last - corrected).days in range(7, 14)) == ("Tuesday", True)
    assert f"{Days(corrected + ONE_DAY, demo.days.last)} became stale in" in demo.first.out


def test_the_demo_typed_again_gives_the_same_answers(demo: Demo) -> None:
    assert demo.second.returncode == 0, demo.second.stderr
    assert answers(demo.second.stdout) == answers(demo.first.out)
    assert answers(demo.first.out).keys() >= {title for title in sections(demo.first.out) if ", as of " in title}


@pytest.mark.slow
def test_what_the_demo_proposes_works_and_agrees_with_it(demo: Demo) -> None:
    proposed = [line.strip().split("  ")[0] for line in sections(demo.first.out)["Next"]]
    assert proposed[:2] == ["make up", ". .venv/bin/activate"]
    for line in proposed[2:]:
        name, *words = line.split()
        done = acme(demo.home, *words)
        assert (name, done.returncode) == ("acme", 0), done.stderr
    top = acme(demo.home, "query", "top_paying_customers")

    assert top.stdout.splitlines()[1:] == answered(demo.first.out, "top_paying_customers")


def test_the_output_in_a_pipe_is_plain(demo: Demo) -> None:
    assert "\x1b" not in demo.first.out + demo.first.err
