"""`acme test`, and the same documents by `pytest`."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets.company import COMPANY
from acme_assets_tests.support.pipeline import environment
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.model import sql_file
from acme_platform.testing import document

from .conftest import Acme

pytestmark = pytest.mark.usefixtures("servers_of_the_tests")
DOCUMENT = "sql/analytics/top_customers.test.md"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `sql/` in which the customer of the second place is another one than the SQL says."""
    shutil.copytree(PROJECT / "sql", tmp_path / "sql")
    path = tmp_path / DOCUMENT
    path.write_text(path.read_text().replace("| 2     | 7 ", "| 2     | 8 "))
    for module in (sql_file, document):
        monkeypatch.setattr(module, "company", lambda: replace(COMPANY, sql=tmp_path / "sql"))
    return path


def test_all_that_hold_are_counted(acme: Acme) -> None:
    answer = acme("test", "analytics.top_customers", "queries/country_spenders")

    assert answer == (0, "4 of 4 cases hold, of 2 SQL files\n", "")


def test_one_that_fails_is_shown_as_a_table_and_ends_with_1(acme: Acme, copied: Path) -> None:
    answer = acme("test", "analytics.top_customers")

    assert answer.code == 1
    assert answer.err == (
        "FAILED analytics.top_customers: Of equal ones the lower number stands first, and the fourth is left out\n"
    )
    assert answer.out.splitlines()[4:] == [
        "- | 2     | 8           | Ann           | 3           |",
        "+ | 2     | 7           | Ann           | 3           |",
        "  | 3     | 8           | Bea           | 3           |",
        "1 of 2 cases hold, of 1 SQL file",
    ]
    assert copied.is_file()


def test_a_document_that_cannot_be_read_fails_beside_those_that_can(acme: Acme, copied: Path) -> None:
    copied.write_text("Given nothing\n")

    answer = acme("test", "analytics.top_customers", "queries/country_spenders")

    assert answer.code == 1
    assert f"{DOCUMENT}:1: cannot read 'Given nothing'" in answer.err
    assert answer.out == "2 of 3 cases hold, of 2 SQL files\n"


@pytest.mark.usefixtures("copied")
def test_a_comment_has_the_summary_and_each_difference_in_a_block(acme: Acme) -> None:
    answer = acme("test", "analytics.top_customers", "--format", "markdown")

    assert (answer.code, answer.err) == (1, "")
    title, *lines = answer.out.splitlines()
    assert title == "### Tests of SQL: 1 of 2 cases hold, of 1 SQL file"
    assert lines.count("````diff") == 1
    assert "- | 2     | 8           | Ann           | 3           |" in lines
    assert lines[-1] == "````"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("analytics.top_dates", "write one, such as sql/analytics/top_dates.test.md"),
        ("interactions", "interactions has no test"),
        ("top_dats", "there is no SQL file 'top_dats'"),
    ],
)
def test_what_has_no_test_is_said(acme: Acme, word: str, says: str) -> None:
    answer = acme("test", word)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_no_test_at_all_is_said(acme: Acme, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(document, "company", lambda: replace(COMPANY, sql=tmp_path))

    answer = acme("test")

    assert (answer.code, answer.out) == (2, "")
    assert "no SQL file has a test" in answer.err


def test_pytest_collects_the_same_cases(settings: Settings) -> None:
    program = [sys.executable, "-m", "pytest", "-q", "-p", "acme_platform.testing.plugin", "-p", "no:cacheprovider"]
    words = [*program, "-c", "/dev/null", "--rootdir", str(PROJECT), DOCUMENT]
    done = subprocess.run(words, cwd=PROJECT, env=environment(settings), capture_output=True, text=True, check=False)

    assert done.stdout.splitlines()[-1].startswith("2 passed"), done.stdout + done.stderr


def test_pytest_shows_the_same_table(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "analytics/top_customers.test.md"
    path.parent.mkdir()
    path.write_text((PROJECT / DOCUMENT).read_text().replace("| 2     | 7 ", "| 2     | 8 "))
    program = [sys.executable, "-m", "pytest", "-q", "-p", "acme_platform.testing.plugin", "-p", "no:cacheprovider"]
    words = [*program, "-c", "/dev/null", "--rootdir", str(tmp_path), str(path)]
    done = subprocess.run(words, cwd=tmp_path, env=environment(settings), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "\n+ | 2     | 7           | Ann           | 3           |\n" in done.stdout
    assert "Traceback" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 failed, 1 passed")
