"""One delivered object, and which keys may name one.

Belongs here: the value and the rules of keys that hold for folders and S3 alike. Not here: what a key means
(`filename.py`), how bytes are reached (`folder.py`, `s3.py`).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from acme_platform.errors import MendInput

#: one expression, because a listing asks it of every object: 0.7 µs, a loop over the steps took 7
#: two dots hide nothing: they are the way to another folder, and to be told
HIDDEN = re.compile(r"(^|/)(_|\.(?!\.))|(\.tmp|\.part|\.crdownload|~)(/|\Z)", re.IGNORECASE)
#: what a key must not hold, because it leads elsewhere on some system or cannot be seen, and how it is called
FAULTS = (
    (re.compile(r"\\"), "a backslash, or a byte that is no UTF-8,"),
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"), "a control character"),
    (re.compile(r"(^|/)\.{0,2}(/|\Z)"), "a step that is empty, . or .."),
    (re.compile(r"(^|/)\s|\s(/|\Z)"), "a blank at the end of a step"),
)
#: S3's longest key; a path may be longer
MOST_SHOWN = 1024


@dataclass(frozen=True)
class LakeObject:
    """A delivered object as it was seen. `etag` changes with its content: the identity is key + size + etag."""

    key: str
    size: int
    etag: str
    modified: datetime
    #: of a folder that nobody here may look into, whose key ends in a slash: why, and what to do
    closed: str = ""


def checked(key: str) -> str:
    """The key itself, or MendInput when it could lead out of the lake: keys come from outside and are never trusted."""
    if why := fault(key):
        raise MendInput(f"'{shown(key)}' is not a key of the lake: {why}", "name it like sales/orders/2024-01-02.csv")
    return key


def fault(key: str) -> str:
    """What is wrong with the key itself, and how to name the object instead; empty for a good key."""
    names = [name for pattern, name in FAULTS if pattern.search(key)]
    return f"its name has {names[0]} and is to be changed, such as to '{shown(_mended(key))}'" if names else ""


def shown(key: str) -> str:
    """The key as one line that can be printed and stored; what cannot be seen is escaped, what is too long is cut."""
    text = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in key)
    if len(text.encode()) <= MOST_SHOWN:
        return text
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]
    return f"{text.encode()[: MOST_SHOWN // 2].decode(errors='ignore')}… ({len(key)} characters, {digest})"


def _mended(key: str) -> str:
    for pattern, _ in FAULTS[:2]:
        key = pattern.sub("_", key)
    steps = (step.strip() for step in key.split("/"))
    return "/".join(step for step in steps if step not in ("", ".", ".."))


def is_visible(key: str) -> bool:
    """False for names that senders use while they write, and for hidden ones."""
    return not HIDDEN.search(key)
