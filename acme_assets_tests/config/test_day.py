"""How people write a day."""

from datetime import timedelta

import pytest

from acme_platform.day import parse_day, parse_days, today
from acme_platform.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ago"), [("today", 0), ("yesterday", 1), ("today-6", 6), ("yesterday-6", 7), ("today-0", 0)]
)
def test_a_day_is_counted_back_from_today(text: str, ago: int) -> None:
    assert parse_day(text) == today() - timedelta(days=ago)


def test_a_range_has_either_spelling_at_its_ends() -> None:
    assert len(parse_days("today-13..today")) == 14
    assert parse_days("2024-01-02..today").last == today()


@pytest.mark.parametrize("text", ["today+1", "today-", "tomorrow", "today - 1", "2024-1-2", "20240102", "today-99999"])
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(UsageError, match="is not a day"):
        parse_day(text)
