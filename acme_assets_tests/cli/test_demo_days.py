"""What the demo delivers of a day follows from the day, not from when the demo is told."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from acme_assets.commands.demo import FILES, Chapter, Story, deliver
from acme_platform.day import Days
from acme_platform.services import Services

TOLD = Days(date(2024, 3, 4), date(2024, 3, 17))
LATER = Days(TOLD.first + timedelta(days=3), TOLD.last + timedelta(days=3))


def delivered(services: Services, folder: Path, chapter: Chapter, story: Story) -> dict[str, bytes]:
    """Key -> bytes of all that the story delivers of the feed."""
    there = Services(replace(services.settings, lake_url=str(folder)))
    deliver(there, chapter, story, story.days)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("chapter", FILES, ids=lambda chapter: chapter.feed)
def test_a_home_goes_on_with_the_same_bytes_of_the_days_it_has(
    services: Services, tmp_path: Path, chapter: Chapter
) -> None:
    first = delivered(services, tmp_path / "first", chapter, Story(TOLD, TOLD.first))
    second = delivered(services, tmp_path / "second", chapter, Story(LATER, TOLD.first))
    both = first.keys() & second.keys()

    assert {key: first[key] for key in both} == {key: second[key] for key in both}
    assert len(both) == len(first) * 11 // 14


@pytest.mark.parametrize("chapter", FILES, ids=lambda chapter: chapter.feed)
def test_in_another_home_only_the_customers_of_its_first_day_differ(
    services: Services, tmp_path: Path, chapter: Chapter
) -> None:
    """Nobody could know the customers who were never delivered."""
    first = delivered(services, tmp_path / "first", chapter, Story(TOLD, TOLD.first))
    other = delivered(services, tmp_path / "other", chapter, Story(LATER, LATER.first))
    differing = [key for key in first.keys() & other.keys() if first[key] != other[key]]

    assert differing == ([f"sales/customers/{LATER.first}.csv"] if chapter.feed == "sales" else [])


@pytest.mark.parametrize("shift", range(14))
def test_a_tuesday_is_corrected_when_it_is_a_week_old(shift: int) -> None:
    """One of any two weeks, whenever the demo is told."""
    days = Days(TOLD.first + timedelta(days=shift), TOLD.last + timedelta(days=shift))
    (corrected,) = Story(days, days.first).corrected

    assert corrected.strftime("%A") == "Tuesday"
    assert 7 <= (days.last - corrected).days <= 13
