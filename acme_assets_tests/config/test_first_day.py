"""The first day: what the environment says, what the home began with, or the usual one."""

from datetime import date
from pathlib import Path

import pytest

from acme_platform.config import first_day
from acme_platform.config.settings import Settings
from acme_platform.errors import UsageError

BEGUN = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, BEGUN),
        ({"ACME_FIRST_DAY": "2024-01-01"}, date(2024, 1, 1)),
        # what the embedded warehouse began with says nothing about a server elsewhere
        ({"ACME_WAREHOUSE_URL": "postgresql://anna@db.acme.example/warehouse"}, first_day.USUAL),
    ],
)
def test_a_home_keeps_the_day_with_which_it_began(tmp_path: Path, variables: dict[str, str], expected: date) -> None:
    first_day.begin(tmp_path / "home", BEGUN)
    first_day.begin(tmp_path / "home", date(2024, 3, 9))

    assert Settings.from_env({"ACME_HOME": str(tmp_path / "home"), **variables}).first_day == expected


def test_a_home_that_holds_something_keeps_the_days_it_has(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    first_day.begin(tmp_path, BEGUN)

    assert first_day.first_day(tmp_path) == first_day.USUAL


def test_a_file_that_holds_no_day_is_named(tmp_path: Path) -> None:
    (tmp_path / "first-day").write_text("")

    with pytest.raises(UsageError, match="first-day: '' is not a day"):
        Settings.from_env({"ACME_HOME": str(tmp_path)})
