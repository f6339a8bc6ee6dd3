"""Text as matrices of bytes: one row a line, every line of the matrix equally wide.

Belongs here: columns put beside each other and tables of words to choose from. A zero byte stands for nothing: it pads
what is shorter than its column, and is left out when the matrix is written.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Text = npt.NDArray[np.uint8]


def lookup(words: Sequence[bytes]) -> Text:
    """The words as (n, longest) bytes, to be indexed by their numbers."""
    return np.array(words, dtype=bytes).view(np.uint8).reshape(len(words), -1)


def beside(*columns: Text | bytes) -> Text:
    """The columns from left to right; a `bytes` is the same in every row."""
    rows = max(len(column) for column in columns if not isinstance(column, bytes))
    widths = [len(column) if isinstance(column, bytes) else column.shape[1] for column in columns]
    text = np.empty((rows, sum(widths)), dtype=np.uint8)
    left = 0
    for column, width in zip(columns, widths, strict=True):
        text[:, left : left + width] = np.frombuffer(column, np.uint8) if isinstance(column, bytes) else column
        left += width
    return text


def written(text: Text) -> bytes:
    """The matrix as the bytes of a file."""
    line = text.tobytes()
    return line.translate(None, b"\0") if b"\0" in line else line
