"""`acme redis`: a shell on the Redis server, in the place of redis-cli, which no wheel brings.

Belongs here: where the commands come from (arguments, standard input, a person) and how they are sent. Not here: how
replies look (`reply.py`).
"""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from acme_platform.cli.terminal.command import Command
from acme_platform.cli.terminal.reply import Reply, raw, readable
from acme_platform.config.settings import Settings
from acme_platform.errors import TryAgain, UsageError

if TYPE_CHECKING:
    from redis.connection import AbstractConnection


def redis(
    words: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND...]", show_default=False)] = None,
) -> None:
    """Send commands to the Redis server: the one on the command line, or those on standard input, one a line.

    Replies look like redis-cli's: with their types on a terminal, raw in a pipe. The exit code is 1 if the server
    refused a command.
    """
    # the servers and their clients take a tenth of a second to import
    from acme_platform.embedded import attach  # noqa: PLC0415

    address = attach(Settings.from_env()).redis_url
    with _connected(address) as connection:
        replies = [_answer(connection, command) for command in ([words] if words else _typed(address))]
    raise typer.Exit(int(any(isinstance(reply, Exception) for reply in replies)))


def _answer(connection: "AbstractConnection", command: Sequence[str]) -> Reply:
    """Send one command and print its reply; what the server refuses is a reply too."""
    from redis.exceptions import ResponseError  # noqa: PLC0415 (see above)

    try:
        connection.send_command(*command)  # type: ignore[no-untyped-call]  # redis ships it so
        reply: Reply = connection.read_response()
    except ResponseError as error:
        reply = error
    sys.stdout.buffer.write((readable(reply).encode() if sys.stdout.isatty() else raw(reply)) + b"\n")
    sys.stdout.buffer.flush()
    return reply


def _typed(address: str) -> Iterator[list[str]]:
    """Commands from standard input, split like a shell's words; a person is asked with the server's address."""
    for line in _prompted(address) if sys.stdin.isatty() else sys.stdin:
        command = _split(line)
        if command in (["quit"], ["exit"]):
            return
        if command:
            yield command


def _prompted(address: str) -> Iterator[str]:
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 (gives input() a history and editing)
    parts = urlsplit(address)
    with suppress(EOFError):
        while True:
            yield input(f"{parts.hostname}:{parts.port}> ")


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{line.strip()!r} is not a command: {error}", "close the quotes") from error


@contextmanager
def _connected(address: str) -> Iterator["AbstractConnection"]:
    """A connection below the client, which would turn replies into Python's dicts and sets."""
    import redis as client  # noqa: PLC0415 (see above)

    pool = client.ConnectionPool.from_url(address, protocol=2)
    try:
        yield pool.get_connection()
    except client.ConnectionError as error:
        raise TryAgain(f"the Redis server does not answer: {error}", "acme doctor shows what runs where") from error
    finally:
        pool.disconnect()


COMMAND = Command(
    redis,
    examples=(
        "acme redis HGETALL country:USA",
        "echo 'KEYS country:*' | acme redis",
        "acme redis",
    ),
    passes_on=True,
)
