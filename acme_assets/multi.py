"""Multi: the commands of one MULTI … EXEC as one stream of bytes.

Belongs here: packing many commands and reading many answers. Not here: which commands (`keyspace.py`).

redis-py packs and reads one command at a time, which took several times as long as Redis itself. Here a batch is packed
as one text, and its answers, each a line that says QUEUED or what is wrong, are read while the next one is on its way.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import redis
from redis._parsers.base import BaseParser
from redis.connection import AbstractConnection

#: commands packed at once, and answers read: large enough to hide the round trip, small enough for socket buffers
BATCH = 1000
LINE_END = b"\r\n"
RECEIVED = 1 << 18

Command = tuple[str, ...]
Thing = TypeVar("Thing")


class Multi:
    """MULTI when it is made; then `queue`, as often as need be, and `execute` once. Raises redis-py's errors."""

    def __init__(self, wire: AbstractConnection) -> None:
        self._wire = wire
        self._unread = b""
        #: commands sent whose answers were not read
        self._open = 0
        self.queue([("MULTI",)])

    def queue(self, commands: Iterable[Command]) -> int:
        """Send the commands; returns how many."""
        count = 0
        for batch in batched(commands):
            self._wire.send_packed_command([packed(batch)], check_health=False)  # type: ignore[no-untyped-call]
            self._read(self._open)
            self._open = len(batch)
            count += len(batch)
        return count

    def execute(self) -> None:
        """Have them done, all at once; the answer is an array of numbers."""
        self.queue([("EXEC",)])
        (heading,) = self._read(self._open)
        left = int(heading[1:])
        while left:
            left -= len(self._read(min(left, BATCH)))

    def _read(self, count: int) -> list[bytes]:
        """So many lines, none of them an error."""
        while self._unread.count(LINE_END) < count:
            self._unread += self._received()
        *lines, self._unread = self._unread.split(LINE_END, count)
        for line in lines:
            if line.startswith(b"-"):
                raise BaseParser.parse_error(line[1:].decode())  # type: ignore[no-untyped-call]
        return lines

    def _received(self) -> bytes:
        """What came, from the socket itself: redis-py has no other way to read without taking apart."""
        try:
            came: bytes = self._wire._sock.recv(RECEIVED)  # type: ignore[attr-defined]
        except TimeoutError as error:
            raise redis.TimeoutError(str(error)) from error
        except OSError as error:
            raise redis.ConnectionError(str(error)) from error
        if not came:
            raise redis.ConnectionError("the connection was closed")
        return came


def batched(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """The things in lists of BATCH, the last one shorter."""
    waiting = iter(things)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def packed(commands: Iterable[Command]) -> bytes:
    """The commands as the protocol spells them, each part behind its length in bytes; in ASCII that of its text."""
    text = "".join(
        [f"*{len(parts)}\r\n" + "".join([f"${len(part)}\r\n{part}\r\n" for part in parts]) for parts in commands]
    )
    data = text.encode()
    return data if len(data) == len(text) else _packed_by_bytes(commands)


def _packed_by_bytes(commands: Iterable[Command]) -> bytes:
    encoded = ([part.encode() for part in parts] for parts in commands)
    return b"".join(
        b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts) for parts in encoded
    )
