"""Staging of snapshots: the newest one up to a day is the truth, whatever the order in which days are filled."""

from collections.abc import Sequence
from datetime import date

import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.registry import catalog
from acme_platform.services import Services


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    return Pipeline(services, catalog.feed("bookings"))


def deliver(pipeline: Pipeline, number: int, drawing: str, table: str = "company", part: str = "") -> None:
    pipeline.deliver(table, day(number), drawing, part=part)


def fill(pipeline: Pipeline, *numbers: int, table: str = "company", accepts_rejects: bool = False) -> None:
    for number in numbers:
        for layer in ("raw", "staging"):
            pipeline.fill_table(f"{layer}.bookings_{table}", day(number), accepts_rejects=accepts_rejects)


def named(*names: str) -> str:
    """Companies 1, 2 … of these names; `-` for one that is not there."""
    lines = [f"{n} | active | 2023-05-01 | {name}" for n, name in enumerate(names, 1) if name != "-"]
    return "\n".join(["company_id | status | created_at | company_name", *lines])


def as_of(pipeline: Pipeline, number: int) -> list[str]:
    """Names of the companies that are there as of a day, asked as every table of answers asks."""
    rows = pipeline.ask(
        "select company_name from staging.bookings_company"
        " where day <= %(day)s and (valid_to is null or valid_to > %(day)s) order by company_id",
        {"day": day(number)},
    )
    return [row["company_name"] for row in rows]


@pytest.fixture
def week(pipeline: Pipeline) -> Pipeline:
    """Snapshots of days 1, 3 and 4; nothing came on day 2."""
    deliver(pipeline, 1, named("Acorn", "Birch"))
    deliver(pipeline, 3, named("Acorn", "-", "Cedar"))
    deliver(pipeline, 4, named("Acorn & Sons", "Birch", "Cedar"))
    return pipeline


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (3, 1, 4, 2), (1, 2, 3, 4, 3, 1, 2)], ids=str)
def test_the_newest_snapshot_is_the_truth_and_a_key_that_it_lacks_is_gone(week: Pipeline, order: Sequence[int]) -> None:
    fill(week, *order)
    week.expect(
        "staging.bookings_company",
        """
        company_id | day        | valid_to   | company_name
        1          | 2024-01-01 | 2024-01-03 | Acorn
        2          | 2024-01-01 | 2024-01-03 | Birch
        1          | 2024-01-03 | 2024-01-04 | Acorn
        3          | 2024-01-03 | 2024-01-04 | Cedar
        1          | 2024-01-04 |            | Acorn & Sons
        2          | 2024-01-04 |            | Birch
        3          | 2024-01-04 |            | Cedar
        """,
    )
    assert [as_of(week, number) for number in (1, 2, 3, 4, 5)] == [
        ["Acorn", "Birch"],
        ["Acorn", "Birch"],
        ["Acorn", "Cedar"],
        ["Acorn & Sons", "Birch", "Cedar"],
        ["Acorn & Sons", "Birch", "Cedar"],
    ]


def test_a_corrected_snapshot_replaces_its_day_and_no_other(week: Pipeline) -> None:
    fill(week, 1, 2, 3, 4)
    deliver(week, 3, named("-", "Birch", "Cedar"))
    fill(week, 3)
    assert [as_of(week, number) for number in (1, 2, 3, 4)] == [
        ["Acorn", "Birch"],
        ["Acorn", "Birch"],
        ["Birch", "Cedar"],
        ["Acorn & Sons", "Birch", "Cedar"],
    ]


def test_a_snapshot_without_a_readable_row_is_none_and_the_one_before_goes_on(week: Pipeline) -> None:
    """It is refused, unless a person accepts it."""
    fill(week, 1, 2, 3, 4)
    deliver(week, 3, "company_id | status | created_at | company_name\nx | active | 2023-05-01 | Acorn")
    fill(week, 3, accepts_rejects=True)
    assert [as_of(week, number) for number in (2, 3, 4)] == [
        ["Acorn", "Birch"],
        ["Acorn", "Birch"],
        ["Acorn & Sons", "Birch", "Cedar"],
    ]
    assert week.red("staging.bookings_company", day(3)) == set()


def test_a_snapshot_that_says_the_same_as_before_makes_nothing_stale(week: Pipeline) -> None:
    fill(week, 1, 3)
    change = change_of(week, day(3))
    fill(week, 3)
    assert change_of(week, day(3)) == change
    deliver(week, 3, named("Acorn"))
    fill(week, 3)
    assert change_of(week, day(3)) > change


def change_of(pipeline: Pipeline, on: date) -> int:
    (build,) = pipeline.ask(
        "select change from ledger.builds where table_name = 'staging.bookings_company' and day = %(day)s", {"day": on}
    )
    return int(build["change"])


USERS = """
rn | created_at                     | company_id | status   | demo_user
7  | 2023-03-01 08:00:00 UTC        | 1          | active   |
7  | 2023-03-02 08:00:00.000001 UTC | 2          | inactive |
7  |                                | 3          | active   |
7  | 2023-03-02 08:00:00 UTC        | 4          | deleted  |
8  | 2023-03-01                     | 1          | active   |
8  | 2023-03-01 00:00:00 UTC        | 2          | deleted  |
9  |                                | 1          | active   |
9  | NULL                           | 2          | active   |
9  | 2023-03-01 08:00:00 XYZ        | 3          | active   |
"""


def test_of_a_repeated_user_the_most_recently_created_row_wins_of_equal_ones_the_last(pipeline: Pipeline) -> None:
    """One that was created nobody knows when wins over nobody who is known, and an unreadable one over nobody."""
    deliver(pipeline, 1, USERS, "users")
    fill(pipeline, 1, table="users")
    pipeline.expect(
        "staging.bookings_users",
        """
        user_id | company_id | status
        7       | 2          | inactive
        8       | 2          | deleted
        9       | 2          | active
        """,
    )
    duplicate = "is a duplicate: the latest created_at is in row {} of bookings/users/2024-01-01.csv"
    pipeline.expect(
        "quarantine.rows",
        f"""
        row_number | reason
        1          | {duplicate.format(2)}
        3          | {duplicate.format(2)}
        4          | {duplicate.format(2)}
        5          | {duplicate.format(6)}
        7          | {duplicate.format(8)}
        9          | created_at has a zone that does not exist: '2023-03-01 08:00:00 XYZ'
        """,
    )
    assert pipeline.red("staging.bookings_users", day(1)) == set()


def test_of_several_parts_the_last_by_name_wins_among_equally_created_rows(pipeline: Pipeline) -> None:
    header, *lines = drawn.to_csv(USERS).splitlines(keepends=True)
    for part, line in (("b", lines[5]), ("a", lines[4])):
        pipeline.deliver("users", day(1), header + line, part=part)
    fill(pipeline, 1, table="users")
    pipeline.expect("staging.bookings_users", "user_id | company_id\n8 | 2")
