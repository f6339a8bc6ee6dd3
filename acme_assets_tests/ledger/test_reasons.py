"""Rejected rows by reason: what is of one row only tells no reasons apart."""

from acme_assets_tests.support import drawn
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.ledger.rejected import by_reason
from acme_platform.transform.judgement import COMES_AGAIN

REJECTED = """
day | reason
1   | amount is not a number: 'a lot'
1   | amount is not a number: 'it's: 'none''
2   | amount is not a number: '7,5'
2   | a quote is never closed (line 3, byte 40)
2   | a quote is never closed (line 9, byte 140)
1   | comes again later in the day, in row 7 of a.csv
1   | comes again later in the day, in row 9 of b.csv
1   | breaks the rule amount >= 0
"""


def test_values_and_places_are_no_reasons(pipeline: Pipeline) -> None:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        for number, row in enumerate(drawn.rows(REJECTED)):
            cursor.execute(
                "insert into quarantine.rows (table_name, day, delivery_id, file, row_number, reason, record, run_id)"
                " values ('staging.sales_orders', %s, 1, 'a.csv', %s, %s, '', 'run')",
                (day(int(row["day"])), number, row["reason"]),
            )
        found = by_reason(cursor, [COMES_AGAIN])

    drawn.expect(
        [{"reason": one.reason, "rows": one.rows, "days": one.days, "newest": one.newest_day.day} for one in found],
        """
        reason                                   | rows | days | newest
        amount is not a number                   | 3    | 2    | 2
        a quote is never closed                  | 2    | 1    | 2
        comes again later in the day, in row …   | 2    | 1    | 1
        breaks the rule amount >= 0              | 1    | 1    | 1
        """,
    )
