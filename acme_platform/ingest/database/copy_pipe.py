"""A pipe: rows on their way from the source's COPY to ours, in constant memory.

Belongs here: moving bytes between two threads, and noticing that they stopped. Not here: which rows.

psycopg2 writes each row by a call of its own: with a buffer before the pipe 10 million rows take 9.2 s, half as long
again without one where rows are small.
"""

import hashlib
import os
import select
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from psycopg2 import sql

from acme_platform.errors import TryAgain
from acme_platform.ingest.database.source import Reader

BUFFER = 256 * 1024
#: a source that sends nothing for so long is taken for lost
PATIENCE_SECONDS = 60.0


class Pipe:
    """The reading end: bytes, how many there were, and their checksum."""

    def __init__(self, end: int, what: str) -> None:
        self._end = end
        self._what = what
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def checksum(self) -> str:
        return self._digest.hexdigest()

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end; TryAgain when none come."""
        if not select.select([self._end], [], [], PATIENCE_SECONDS)[0]:
            raise TryAgain(f"{self._what} sent nothing for {PATIENCE_SECONDS:.0f} s")
        read = os.read(self._end, size)
        self._digest.update(read)
        self.size += len(read)
        return read


@contextmanager
def rows_of(reader: Reader, query: sql.Composed, what: str) -> Iterator[Pipe]:
    """The query's rows, to be read to their end. What broke the sender is raised at the end of the block.

    To the receiver a sender that fails looks like one that has no more rows: so commit after the block, not in it.
    """
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1, thread_name_prefix="extract") as thread:
        sending = thread.submit(_send, reader, query, writing)
        try:
            yield Pipe(reading, what)
        except BaseException:
            reader.sever()
            raise
        finally:
            os.close(reading)
        sending.result()


def _send(reader: Reader, query: sql.Composed, writing: int) -> None:
    with os.fdopen(writing, "wb", buffering=BUFFER) as end:
        reader.copy(query, end)
