"""A sweep: the objects of a feed's part of the lake, as many as one tick of a sensor has time for.

Belongs here: where a sweep goes on and when it stops. Not here: what an object means (`new_files.py`).

Objects come sorted by key, so one key says how far a sweep came. It is a hint and nothing else: a sweep that begins
anywhere ends at the end of the lake, the next one begins at the start, and a lost or senseless hint costs one round.
A listing that fails half-way has still seen what it has seen.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from acme_platform.errors import TryAgain
from acme_platform.lake import Lake, LakeObject

#: a tick has 60 s before Dagster gives it up; 100,000 objects take a folder 1 s, and S3 some 10 s
SECONDS = 3.0
#: the clock is looked at after so many, S3's page
PAGE = 1000


@dataclass(frozen=True)
class Sweep:
    """Every object whose key lies behind `after` and not behind `last`."""

    objects: list[LakeObject]
    after: str
    #: empty when the sweep came to the end of the lake
    last: str
    #: why it stopped early
    failure: str = ""

    def __contains__(self, key: str) -> bool:
        """Whether the sweep would have seen an object of that name."""
        return key > self.after and (not self.last or key <= self.last)


def sweep(lake: Lake, prefixes: list[str], after: str = "") -> Sweep:
    """Go on behind `after`. Raises TryAgain when the lake fails before the first object."""
    until = time.monotonic() + SECONDS
    objects: list[LakeObject] = []
    try:
        for file in _listed(lake, prefixes, after):
            objects.append(file)
            if len(objects) % PAGE == 0 and time.monotonic() > until:
                return Sweep(objects, after, file.key)
    except TryAgain as error:
        if not objects:
            raise
        return Sweep(objects, after, objects[-1].key, error.message)
    return Sweep(objects, after, "")


def _listed(lake: Lake, prefixes: list[str], after: str) -> Iterator[LakeObject]:
    for prefix in sorted(prefixes):
        if after.startswith(prefix) or after < prefix:
            yield from lake.list(prefix, after if after.startswith(prefix) else "")
