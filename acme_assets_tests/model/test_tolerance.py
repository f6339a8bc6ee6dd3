"""The tolerance: more than 1 % or more than 1,000 rows are too many, 0 is strict, and one row is no reason."""

import pytest

from acme_platform.model.tolerance import ANYTHING, Tolerance


@pytest.mark.parametrize(
    ("tolerance", "rows", "most"),
    [
        pytest.param(Tolerance(), 1, 0, id="not one good row"),
        pytest.param(Tolerance(), 2, 1, id="one is always allowed"),
        pytest.param(Tolerance(), 199, 1, id="below two hundred"),
        pytest.param(Tolerance(), 200, 2, id="1 % exactly"),
        pytest.param(Tolerance(), 99_999, 999, id="less than a thousand"),
        pytest.param(Tolerance(), 100_000_000, 1_000, id="a thousand"),
        pytest.param(Tolerance(share=0), 100_000, 0, id="strict by share"),
        pytest.param(Tolerance(rows=0), 100_000, 0, id="strict by number"),
        pytest.param(Tolerance(share=0.5), 10, 5, id="a feed of its own"),
        pytest.param(Tolerance(share=1), 10, 9, id="never all of it"),
        pytest.param(Tolerance(few=20), 19, 19, id="all of a few"),
        pytest.param(Tolerance(few=20), 20, 19, id="not one good row of more than a few"),
        pytest.param(Tolerance(few=20), 1_000, 20, id="a few of many"),
        pytest.param(Tolerance(few=20), 5_000, 50, id="the share again"),
        pytest.param(ANYTHING, 10, 10, id="accepted by a person"),
    ],
)
def test_a_delivery_may_have_so_many_unreadable_rows_and_not_one_more(
    tolerance: Tolerance, rows: int, most: int
) -> None:
    assert not tolerance.exceeded(most, rows)
    assert tolerance.exceeded(most + 1, rows) or most == rows


def test_a_delivery_without_rows_is_tolerated() -> None:
    assert not Tolerance(share=0, rows=0).exceeded(0, 0)
