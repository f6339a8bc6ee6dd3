"""Rights that the tests lack: root may read everything, and so is somebody else meanwhile.

Belongs here: being nobody. Not here: what is then forbidden, and what must hold.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

NOBODY = 65534


@contextmanager
def nobody() -> Iterator[None]:
    """Whoever may not do anything that is not allowed to all; an ordinary user stays who it is."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)
