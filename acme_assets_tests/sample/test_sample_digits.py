"""Numbers as columns of digits: the same text as Python's own formatting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.sample.digits import right_aligned, two_digits
from acme_assets.sample.draw import Numbers, below


def numbers(*values: int) -> Numbers:
    return np.array(values, dtype=np.uint64)


@given(st.lists(st.integers(1, 10**11 - 1), min_size=1), st.integers(11, 16))
def test_numbers_stand_at_the_right_after_blanks(values: list[int], width: int) -> None:
    """Every number ends at the right edge of its column, whatever its length."""
    text = right_aligned(numbers(*values), width)

    assert [row.tobytes().decode() for row in text] == [f"{value:>{width}}" for value in values]


def test_numbers_around_a_group_of_four_digits() -> None:
    """A group inside a number keeps its zeros, the first one has none."""
    text = right_aligned(numbers(7, 9_999, 10_000, 10_007, 120_000), 6)

    assert [row.tobytes() for row in text] == [b"     7", b"  9999", b" 10000", b" 10007", b"120000"]


def test_cents_keep_their_zeros() -> None:
    """5 cents are 05."""
    assert two_digits(numbers(0, 5, 99)).tobytes() == b"000599"


def test_draws_stay_below_their_limit() -> None:
    """The least and the greatest bits are the least and the greatest number."""
    assert list(below(numbers(0, 2**63, 2**64 - 1), 10)) == [0, 5, 9]
