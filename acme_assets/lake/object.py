"""One delivered object, and which keys may name one.

Belongs here: the value and the rules of keys that hold for folders and S3 alike. Not here: what a key means
(`filename.py`), how bytes are reached (`folder.py`, `s3.py`).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from acme_assets.errors import MendInput

#: one expression, because a listing asks it of every object: 0.7 µs, a loop over the steps took 7
HIDDEN = re.compile(r"(^|/)[._]|(\.tmp|\.part|\.crdownload|~)(/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class LakeObject:
    """A delivered object as it was seen. `etag` changes with its content: the identity is key + size + etag."""

    key: str
    size: int
    etag: str
    modified: datetime


def checked(key: str) -> str:
    """The key itself, or MendInput when it could lead out of the lake: keys come from outside and are never trusted."""
    steps = key.split("/")
    if "\0" in key or "\\" in key or any(step in ("", ".", "..") for step in steps):
        raise MendInput(f"{key!r} is not a key of the lake", "name it like sales/orders/2024-01-02.csv")
    return key


def is_visible(key: str) -> bool:
    """False for names that senders use while they write, and for hidden ones."""
    return not HIDDEN.search(key)
