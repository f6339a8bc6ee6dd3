"""The interactions feed from a file a day to Redis; the small sample and its answers are ACME's own."""

from datetime import date, timedelta

import dagster as dg
import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.days import settle
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.day import Days
from acme_platform.errors import TryAgain
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.serving.question import question
from acme_platform.triggers.new_files import look

MARCH_1, MARCH_2 = date(2024, 3, 1), date(2024, 3, 2)
HEADER = "interaction_id | user_id | product_id | action | timestamp"
SAMPLE = f"""
{HEADER}
1  | 1 | 1 | click          | 2024-01-01
2  | 1 | 1 | click          |
3  | 1 | 2 | hover          | 2024-01-09
4  | 1 | 2 | hover          | 2024-01-10
5  | 2 | 1 |                | 2024-01-24
6  | 2 | 1 | readmore_click | 2024-02-01
7  | 2 | 1 | purchase       | 2024-02-07
8  | 2 | 1 | purchase       | 2024-02-21
9  | 3 | 3 | hover          | 2024-03-01
10 | 3 | 3 |                | 2024-03-01
"""


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    """The feed, with the small sample delivered on 1 March."""
    interactions = Pipeline(services, catalog.feed("interactions"))
    interactions.deliver("interactions", MARCH_1, SAMPLE)
    interactions.fill(MARCH_1)
    return interactions


def expect_answer(pipeline: Pipeline, name: str, drawing: str, on: date = MARCH_1) -> None:
    """What `acme query` says, in its order."""
    answer = question(name).ask(pipeline.services.open_warehouse(), on, {})
    titles = drawn.columns(drawing)
    found = [[str(row[title]) for title in titles] for row in answer.to_dict("records")]
    assert found == [list(row.values()) for row in drawn.rows(drawing)]


def test_a_row_with_any_field_missing_is_not_clean_and_7_of_the_10_stay(pipeline: Pipeline) -> None:
    pipeline.expect("staging.interactions", "interaction_id\n1\n3\n4\n6\n7\n8\n9")
    pipeline.expect(
        "quarantine.rows",
        """
        row_number | reason
        2          | interacted_on is missing
        5          | action is missing
        10         | action is missing
        """,
    )


def test_interactions_are_counted_by_user_and_product(pipeline: Pipeline) -> None:
    expect_answer(
        pipeline,
        "interaction_counts",
        """
        user_id | product_id | interaction_count
        1       | 1          | 1
        1       | 2          | 2
        2       | 1          | 3
        3       | 3          | 1
        """,
    )


def test_interactions_are_counted_by_calendar_day(pipeline: Pipeline) -> None:
    expect_answer(
        pipeline,
        "interactions_per_day",
        """
        day        | interactions
        2024-01-01 | 1
        2024-01-09 | 1
        2024-01-10 | 1
        2024-02-01 | 1
        2024-02-07 | 1
        2024-02-21 | 1
        2024-03-01 | 1
        """,
    )


def test_the_most_active_users_stand_first_of_equal_ones_the_lower_id(pipeline: Pipeline) -> None:
    expect_answer(pipeline, "top_users", "user_id | interaction_count\n1 | 3\n2 | 3\n3 | 1")


def test_only_five_users_are_the_most_active(pipeline: Pipeline) -> None:
    """Users 4 to 7 join with one interaction each, so 3 is followed by 4 and 5."""
    lines = [f"{10 + user} | {user} | 1 | click | 2024-03-02" for user in (7, 6, 5, 4)]
    pipeline.deliver("interactions", MARCH_2, "\n".join([HEADER, *lines]))
    pipeline.fill(MARCH_2)
    expect_answer(pipeline, "top_users", "place | user_id\n1 | 1\n2 | 2\n3 | 3\n4 | 4\n5 | 5", MARCH_2)


def test_products_stand_by_their_interactions(pipeline: Pipeline) -> None:
    expect_answer(pipeline, "top_products", "product_id | interaction_count\n1 | 4\n2 | 2\n3 | 1")


def test_redis_holds_a_hash_a_user_with_the_count_of_each_product(pipeline: Pipeline) -> None:
    client = pipeline.services.open_redis()
    assert {key: client.hgetall(key) for key in client.scan_iter("user:*")} == {
        "user:1:interactions": {"1": "1", "2": "2"},
        "user:2:interactions": {"1": "3"},
        "user:3:interactions": {"3": "1"},
    }


def test_the_same_interaction_delivered_again_replaces_the_old_one(pipeline: Pipeline) -> None:
    """9 was user 2, and 5 has its action now; as of the day before, nothing has changed."""
    again = f"{HEADER}\n9 | 2 | 3 | hover | 2024-03-01\n5 | 2 | 1 | click | 2024-01-24"
    pipeline.deliver("interactions", MARCH_2, again)
    pipeline.fill(MARCH_2)
    expect_answer(pipeline, "top_users", "user_id | interaction_count\n2 | 5\n1 | 3", MARCH_2)
    expect_answer(pipeline, "top_users", "user_id | interaction_count\n1 | 3\n2 | 3\n3 | 1", MARCH_1)


def test_ids_that_are_text_are_quarantined(pipeline: Pipeline) -> None:
    lines = [
        "I01 | 1 | 1 | click | 2024-03-02",
        "11 | U1 | 1 | click | 2024-03-02",
        "12 | 1 | PRD1 | click | 2024-03-02",
        *(f"{good} | 1 | 1 | click | 2024-03-02" for good in (13, 14, 15)),
    ]
    pipeline.deliver("interactions", MARCH_2, "\n".join([HEADER, *lines]))
    pipeline.fill(MARCH_2)
    pipeline.expect(
        "quarantine.rows where day = '2024-03-02'",
        """
        row_number | reason
        1          | interaction_id is not a whole number: 'I01'
        2          | user_id is not a whole number: 'U1'
        3          | product_id is not a whole number: 'PRD1'
        """,
    )


@pytest.mark.parametrize(
    ("ending", "named"),
    [("xlsx", "an Excel workbook"), ("json", "JSON"), ("parquet", "Parquet"), ("zip", "a zip archive")],
)
def test_another_format_is_refused_by_name(pipeline: Pipeline, ending: str, named: str) -> None:
    key = pipeline.put(f"interactions/interactions/2024-03-02.{ending}", b"\x00")
    settle(pipeline.services, key, timedelta(minutes=1))
    arrived = look(pipeline.services, pipeline.feed)
    assert arrived.days == {}
    assert arrived.unplaced == [f"{key!r} is {named}; CSV is expected"]


def test_what_may_pass_by_itself_is_tried_twice_again_a_minute_apart(
    services: Services, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def at_once(policy: dg.RetryPolicy, _attempt: int) -> float:
        waited.append(policy.delay)
        return 0.01

    def lost(*_: object, **__: object) -> None:
        raise TryAgain("the connection was lost", "wait a little")

    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", at_once)
    monkeypatch.setattr("acme_platform.orchestration.assets.ensure_filled", lost)
    outcome = Runner(services, instance).run(("raw.interactions",), Days(MARCH_1, MARCH_1))
    assert not outcome.success
    assert waited[:2] == [60, 60]
    restarted = instance.get_records_for_run(outcome.run_id, of_type=dg.DagsterEventType.STEP_RESTARTED)
    assert len(restarted.records) == 2


def test_every_must_holds_on_the_sample(pipeline: Pipeline) -> None:
    assert {name for table in pipeline.feed.tables for name in pipeline.red(table.full_name, MARCH_1)} == set()


BREAKS = [
    (
        "analytics.interaction_counts",
        "interaction_counts_hold_every_interaction",
        "delete from analytics.interaction_counts where user_id = 3",
    ),
    (
        "analytics.interactions_per_day",
        "interactions_per_day_hold_every_interaction",
        "update analytics.interactions_per_day set interaction_count = 2 where interacted_on = '2024-01-01'",
    ),
    ("analytics.top_users", "top_users_are_the_top", "delete from analytics.top_users where place = 1"),
    (
        "analytics.top_users",
        "top_users_are_the_top",
        "update analytics.top_users set interaction_count = 9 where place = 1",
    ),
    (
        "analytics.top_products",
        "top_products_sum_to_interaction_counts",
        "update analytics.top_products set product_id = 2 where place = 3",
    ),
    (
        "staging.interactions",
        "interactions_not_from_the_future",
        "update staging.interactions set interacted_on = '2024-03-02' where interaction_id = 9",
    ),
]


def test_each_broken_promise_is_seen(pipeline: Pipeline) -> None:
    for table, check, statement in BREAKS:
        assert pipeline.breaks(table, check, MARCH_1, statement), statement
