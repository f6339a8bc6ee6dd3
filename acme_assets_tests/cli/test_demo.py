"""`acme demo` as a new user types it, on servers of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets.servers import stop
from acme_assets.settings import Settings

ACME = Path(sys.executable).parent / "acme"


class Demo:
    """What two demos in one home left behind."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.first = self.type("demo")
        self.second = self.type("demo")

    def type(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], "ACME_HOME": str(self.home)}
        return subprocess.run([ACME, *words], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo") / "home"
    yield Demo(home)
    stop(replace(Settings.from_env({}), home=home))


def sections(said: str) -> dict[str, list[str]]:
    """Title -> lines, as they are set apart by an empty line."""
    blocks = [block.splitlines() for block in said.strip().split("\n\n")]
    return {title: lines for title, *lines in blocks}


def answers(said: str) -> dict[str, list[str]]:
    """Everything behind the runs, whose numbers differ."""
    return {title: lines for title, lines in sections(said).items() if "run " not in "".join(lines)}


def test_the_demo_ends_well_and_shows_answers_rejects_and_redis(demo: Demo) -> None:
    assert demo.first.returncode == 0, demo.first.stderr
    titles = [title.split(",")[0].split(":")[0] for title in sections(demo.first.stdout)]
    assert titles == [
        "Two weeks of deliveries",
        "Every table of every day",
        "The orders of 2024-03-05 come again",
        "country_spenders",
        "customer_orders",
        "sales_by_country",
        "top_paying_customers",
        "What could not be read",
        "What Redis holds",
        "Next",
    ]
    assert "Traceback" not in demo.first.stderr
    assert "Warning" not in demo.first.stderr


def test_the_demo_shows_days_that_follow_a_correction(demo: Demo) -> None:
    assert "2024-03-06..2024-03-14 became stale in" in demo.first.stdout


def test_the_demo_typed_again_gives_the_same_answers(demo: Demo) -> None:
    assert demo.second.returncode == 0, demo.second.stderr
    assert answers(demo.second.stdout) == answers(demo.first.stdout)
    assert len(answers(demo.first.stdout)) == 8


def test_what_the_demo_proposes_works_and_agrees_with_it(demo: Demo) -> None:
    proposed = sections(demo.first.stdout)["Next"]
    assert [line.split("  ")[1] for line in proposed][1:3] == [
        "acme query country_spenders --param country=Norway",
        "acme rejects sales",
    ]
    top = demo.type("query", "top_paying_customers")
    shown = next(lines for title, lines in sections(demo.first.stdout).items() if title.startswith("top_paying"))

    assert demo.type("query", "country_spenders", "--param", "country=Norway").returncode == 0
    assert demo.type("rejects", "sales").returncode == 0
    assert top.stdout.splitlines()[1:] == shown


def test_the_output_in_a_pipe_is_plain(demo: Demo) -> None:
    assert "\x1b" not in demo.first.stdout + demo.first.stderr
