"""The lake: where deliveries arrive and exports leave, as a folder or as S3, behind one seam.

Belongs here: the seam and the choice of the side behind it. Not here: what a key means (`filename.py`), what is in a
file (`compression.py`, `screen.py`), what was already loaded (the ledger).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from acme_platform.lake.folder import FolderLake
from acme_platform.lake.object import LakeObject

__all__ = ["Lake", "LakeObject", "open_lake"]


class Lake(Protocol):
    """What the platform asks of a lake. A lost connection is TryAgain; a missing bucket or right is MendInput."""

    def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        """Every visible object whose key begins with `prefix` and follows `after`, sorted by key; maybe none.

        A folder without the right to look into it stops nobody beside it, and is one object, which says so (`closed`).
        """

    def others(self, prefix: str) -> Iterator[tuple[LakeObject, str]]:
        """What stands below `prefix` and is no object (a link, a pipe), and why it is not listed; maybe nothing."""

    def stat(self, key: str) -> LakeObject | None:
        """The object as it is now, or None."""

    def open(self, file: LakeObject) -> BinaryIO:
        """The bytes of exactly that object, to be used in a `with`; TryAgain when it was replaced since."""

    def unchanged(self, file: LakeObject) -> bool:
        """Asked after reading: is it still the same object, neither replaced nor still growing?"""

    def put(self, key: str, source: BinaryIO) -> LakeObject:
        """Store all of `source` under `key`; readers see the old object or the whole new one. It may close `source`."""

    def uri(self, key: str) -> str:
        """The address people and other tools know the object by."""


def open_lake(url: str) -> Lake:
    """The lake at a folder, a `file://` URL or `s3://bucket/prefix`."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        # boto3 and dagster-aws take most of a second to import, which a lake in a folder never needs
        from acme_platform.lake.s3 import S3Lake  # noqa: PLC0415

        return S3Lake(parts.netloc, parts.path.strip("/"))
    return FolderLake(Path(unquote(parts.path) if parts.scheme == "file" else url))
