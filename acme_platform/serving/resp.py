"""Multi: the commands of one MULTI … EXEC as one stream of bytes.

Belongs here: spelling a command, sending many and reading many answers. Not here: which commands (`redis_keyspace.py`).

redis-py packs and reads one command at a time, which took several times as long as Redis itself. Here commands come
spelt as the protocol wants them, and go by the batch. The answers of a batch are read while Redis takes the next one;
each is a line that says QUEUED or what is wrong.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import redis
from redis._parsers.base import BaseParser
from redis.connection import AbstractConnection

#: commands sent at once, and answers read: large enough to hide the round trip, small enough for socket buffers
BATCH = 1000
LINE_END = b"\r\n"
RECEIVED = 1 << 18

#: commands, spelt one behind the other, and how many they are
Batch = tuple[str, int]
Thing = TypeVar("Thing")


def spelt(*parts: str) -> str:
    """A command as the protocol spells it: how many parts, and the parts."""
    return f"*{len(parts)}\r\n{''.join(map(part, parts))}"


def part(text: str) -> str:
    """Behind its length in bytes."""
    return f"${len(as_bytes(text))}\r\n{text}\r\n"


def as_text(said: bytes) -> str:
    """Bytes as Redis keeps them; those that are no UTF-8 come back from `as_bytes` as they were."""
    return said.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Multi:
    """MULTI when it is made; then `queue`, as often as need be, and `execute` once. Raises redis-py's errors."""

    def __init__(self, wire: AbstractConnection) -> None:
        self._wire = wire
        #: the beginning of a line whose end has not come
        self._unread = b""
        #: answers that came before they were waited for
        self._ahead = 0
        #: commands sent whose answers were not waited for, and all commands
        self._open = self._sent = 0
        self.queue([spelt("MULTI")])

    def queue(self, commands: Iterable[str]) -> int:
        """Send the commands, spelt; returns how many."""
        return sum(self.send("".join(batch), len(batch)) for batch in batched(commands))

    def send(self, commands: str, count: int) -> int:
        """Send so many commands, spelt one behind the other; returns how many. Answers to those before are read."""
        self._wire.send_packed_command([as_bytes(commands)], check_health=False)  # type: ignore[no-untyped-call]
        self._wait(self._open)
        self._open = count
        self._sent += count
        return count

    def execute(self) -> None:
        """Have them done, all at once; the answer is a line that says how many, and one for each."""
        done = self._sent - 1
        self.queue([spelt("EXEC")])
        self._wait(self._open + done)

    def _wait(self, count: int) -> None:
        """Read until so many answers came. They are counted, not taken apart, unless one is an error."""
        while self._ahead < count:
            lines, end, self._unread = (self._unread + received(self._wire)).rpartition(LINE_END)
            _, error, said = (b"\n" + lines).partition(b"\n-")
            if error:
                raise BaseParser.parse_error(as_text(said.partition(LINE_END)[0]))  # type: ignore[no-untyped-call]
            self._ahead += (lines + end).count(LINE_END)
        self._ahead -= count


def exchange(wire: AbstractConnection, commands: str) -> bytes:
    """Send commands, spelt, and take the answers as they come. A word of our own says where they end."""
    word = uuid4().hex
    end = as_bytes(part(word))
    wire.send_packed_command([as_bytes(commands + spelt("ECHO", word))], check_health=False)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    came = bytearray()
    while not came.endswith(end):
        came += received(wire)
    return bytes(came.removesuffix(end))


def received(wire: AbstractConnection) -> bytes:
    """What came, from the socket itself: redis-py has no other way to read without taking apart."""
    try:
        came: bytes = wire._sock.recv(RECEIVED)  # type: ignore[attr-defined]
    except TimeoutError as error:
        raise redis.TimeoutError(str(error)) from error
    except OSError as error:
        raise redis.ConnectionError(str(error)) from error
    if not came:
        raise redis.ConnectionError("the connection was closed")
    return came


def batched(items: Iterable[Thing]) -> Iterator[list[Thing]]:
    """The things in lists of BATCH, the last one shorter."""
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH)):
        yield batch
