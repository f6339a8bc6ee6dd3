"""Digits: whole columns of numbers as text, four digits a look-up.

Belongs here: numbers to a matrix of ASCII bytes, right-aligned. `str()` of five million ids takes seconds, `divmod` by
ten a pass for every digit; a table of all groups of four needs one look-up for each group.
"""

import numpy as np
import numpy.typing as npt

from acme_assets.sample.draw import Numbers
from acme_assets.sample.text import Text

GROUP = np.uint64(10_000)


def _groups() -> npt.NDArray[np.uint32]:
    """`0042` for 42, and from 10,000 on, for the first group of a number, `  42`; an empty first group is blank."""
    zeros = b"".join(b"%04d" % n for n in range(10_000))
    blanks = b"    " + b"".join(b"%4d" % n for n in range(1, 10_000))
    return np.frombuffer(zeros + blanks, dtype=np.uint32)


GROUPS = _groups()


def right_aligned(numbers: Numbers, width: int) -> Text:
    """Positive numbers as (n, width) digits after blanks; a number too long for the width loses its first digits."""
    groups = -(-width // 4)
    text = np.empty((len(numbers), groups), dtype=np.uint32)
    rest = numbers
    for column in reversed(range(groups)):
        higher = rest // GROUP
        first = (higher == 0) * GROUP
        text[:, column] = GROUPS[rest - higher * GROUP + first]
        rest = higher
    return text.view(np.uint8)[:, groups * 4 - width :]


def two_digits(numbers: Numbers) -> Text:
    """Numbers below 100 as (n, 2) digits with their zeros."""
    return GROUPS[numbers].view(np.uint8).reshape(-1, 4)[:, 2:]


def unpadded(numbers: Numbers) -> Text:
    """Positive numbers without blanks before them, as wide as the longest."""
    text = right_aligned(numbers, len(str(int(numbers.max()))) if len(numbers) else 1)
    return np.where(text == ord(" "), 0, text).astype(np.uint8)
