"""Words for what a check said last: nothing is called passed that was not compared."""

import pytest

from acme_assets_tests.support.pipeline import day
from acme_platform.ledger.check_results import MUST, SHOULD, Verdict
from acme_platform.site.facts import CheckFacts


@pytest.mark.parametrize(
    ("severity", "broken_rows", "compared", "said"),
    [
        (MUST, 0, True, "passed"),
        (MUST, 2, True, "red"),
        (SHOULD, 2, True, "warns"),
        (MUST, 0, False, "nothing to compare"),
        (MUST, None, False, "never looked"),
    ],
)
def test_a_verdict_is_one_word(severity: str, broken_rows: int | None, compared: bool, said: str) -> None:
    verdict = None
    if broken_rows is not None:
        verdict = Verdict("staging.sales_orders", day(1), "promise", severity, broken_rows, [], compared)
    assert CheckFacts("promise", severity, "It holds.", verdict).said == said
