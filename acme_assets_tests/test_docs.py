"""What README and CONTRIBUTING show works as it stands there: every command is run, every recipe followed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_assets_tests.support.demonstration import Demonstration
from acme_assets_tests.support.project import Project
from acme_platform.config.settings import PROJECT
from acme_platform.day import ONE_DAY, today

#: ```language … ``` blocks; a path in backticks and a colon before one names the file that the block is
BLOCK = re.compile(r"(?:`(?P<path>[\w/.]+)`:\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, demonstrated: Demonstration) -> Iterator[Project]:
    """Where the first of the two commands has been typed."""
    copy = Project(tmp_path)
    demonstrated.copy(tmp_path / ".acme")
    yield copy
    copy.run("acme down")


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Project]:
    """Where nothing has been typed yet."""
    copy = Project(tmp_path)
    yield copy
    copy.run("acme down")


def blocks(document: str, language: str) -> list[tuple[str | None, str]]:
    """(path, text) of every block of that language, in order."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    found = BLOCK.finditer(text)
    return [(block["path"], block["text"]) for block in found if block["language"] == language]


@pytest.mark.slow
def test_the_commands_of_the_readme_work_in_the_order_in_which_they_stand(project: Project) -> None:
    """`make` words are checked beside: they set up an environment or stay until Ctrl-C."""
    two_commands, every_day = (text for _, text in blocks("README.md", "sh"))

    printed = project.succeed(every_day.replace(". .venv/bin/activate", "true"))

    assert re.findall(r"^make (\w+)", two_commands, re.MULTILINE) == ["demo", "up"]
    assert f"country_spenders as of {today()}" in printed
    assert "users_counts" in printed.splitlines()


@pytest.mark.slow
def test_the_commands_that_show_changes_work_on_what_the_demo_left(project: Project) -> None:
    printed = project.succeed("\n".join(text for _, text in blocks("docs/changes.md", "sh")))

    assert f"analytics.sales_by_country: {today() - ONE_DAY} against {today()}" in printed


def test_every_word_of_make_in_the_documents_exists() -> None:
    documents = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
    named = {word for path in documents for word in re.findall(r"\bmake (\w+)", path.read_text(encoding="utf-8"))}
    words = set(re.findall(r"^(\w+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert {word for word in named if word in words} >= {"demo", "up", "test", "check", "format"}


@pytest.mark.slow
def test_the_recipes_of_contributing_work_word_by_word(project: Project) -> None:
    """Given the demo's two weeks, each recipe adds its files and lines, and its commands answer."""
    _follow_recipes(project)

    printed = project.succeed("\n".join(text for _, text in blocks("CONTRIBUTING.md", "sh")))

    assert f"busiest_days as of {today()}" in printed
    assert f"orders_on:{today() - ONE_DAY}" in printed
    line = rf'^{{"day":"{today()}","order_date":"[0-9-]+","order_count":\d+}}$'
    assert re.search(line, printed, re.MULTILINE)
    assert "1 of 1 case holds, of 1 SQL file" in printed
    assert re.search(r"Harbour +\| +2\n +Station +\| +1\n", printed)
    assert re.search(r"box +\| +1\n +letter +\| +2\n", printed)


@pytest.mark.slow
def test_the_page_of_making_something_new_works_word_by_word(bare: Project) -> None:
    """From a file to a feed that runs, with its test."""
    printed = bare.succeed("\n".join(text for _, text in blocks("docs/making.md", "sh")))

    assert "spent: numeric(14,2) but for 1: 'N/A'" in printed
    assert "2 of 2 cases hold, of 2 SQL files" in printed
    assert re.search(r"Harbour +\| +2\n +Station +\| +1\n", printed)
    assert re.search(r"staging\.visits +1 +0 +0\n", printed)
    assert re.search(r"4 +\| +9\.125\n", printed)


@pytest.mark.slow
def test_the_page_of_seeing_what_is_there_works_word_by_word(project: Project) -> None:
    """On what the demo left: pictures, files for other programs, live views, and the pages."""
    printed = project.succeed("\n".join(text for _, text in blocks("docs/seeing.md", "sh")))

    assert "open_orders_agg_today as of now" in printed
    assert (project.root / "history.csv").read_text().startswith("day,delivery_date,status,order_count,total_open\n2")
    assert "public/table-analytics.sales_by_country.html" in printed
    assert (project.root / "countries.svg").read_text().startswith("<svg")
    assert (project.root / "clicks.png").read_bytes().startswith(b"\x89PNG")
    assert (project.root / "countries.xlsx").read_bytes().startswith(b"PK")
    assert (project.root / "countries.parquet").read_bytes().endswith(b"PAR1")


def _follow_recipes(project: Project) -> None:
    for language in ("sql", "markdown", "python"):
        for path, text in blocks("CONTRIBUTING.md", language):
            if path:
                (project.root / path).parent.mkdir(exist_ok=True)
                (project.root / path).write_text(text)
            else:
                _write_into_the_feed(project.root / "acme_assets/defs/sales.py", text)


def _write_into_the_feed(module: Path, text: str) -> None:
    """An import stands above the others, a table's line below them."""
    before = "from acme_platform" if text.startswith("from") else "    ),\n)"
    module.write_text(module.read_text().replace(before, f"{text}{before}", 1))
