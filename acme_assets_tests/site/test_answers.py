"""Answers for the pages: one that fails stops no other, and tells nothing of the servers."""

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.model.sql_file import SqlFile
from acme_platform.serving.question import Question
from acme_platform.site.answers import answer_of

BROKEN = SqlFile(
    "queries",
    "broken",
    "-- Nobody can divide by nothing.\n"
    "select 1 / (count(*) - count(*)) as n from analytics.customer_orders where day = %(day)s;\n",
)


def test_a_question_whose_sql_fails_has_no_answer_and_names_no_server(pipeline: Pipeline) -> None:
    pipeline.deliver("customers", day(1), "customer_id | customer_name | country\n1 | Ann | USA")
    pipeline.deliver("orders", day(1), "order_id | customer_id | order_date | amount\n1 | 1 | 2024-01-01 | 2.00")
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))

    answered = answer_of(pipeline.services, Question(BROKEN))

    assert answered.answer is None
    assert answered.why_not == "its SQL fails; acme query broken says why"
    assert answered.picture == ""
