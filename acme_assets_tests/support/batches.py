"""Commands to Redis that come many in one text, taken apart again: for writers that a test makes worse than ours."""

import re
from collections.abc import Iterable, Iterator

from acme_platform.serving.resp import Batch


def one_by_one(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Values hold no line end."""
    for said, _ in batches:
        yield from ((command, 1) for command in re.split(r"(?<=\r\n)(?=\*)", said))
