"""The embedded Valkey: its configuration and how it is started.

Belongs here: what is special about Valkey as a server. Not here: keys and values (`redis_cache.py`).
"""

import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from acme_platform.embedded import wheel
from acme_platform.embedded.keeping.account import Account
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.record import LOOPBACK, Record

# 64 databases: the platform uses number 0, each worker of the tests one of its own.
# set-proc-title no: the command line keeps the path of this file, by which leftovers are found.
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
databases 64
set-proc-title no
"""


@dataclass(frozen=True)
class Valkey:
    """One Valkey: loopback, a password, and an append-only file synced every second."""

    name: str = "valkey"
    clean_stop: signal.Signals = signal.SIGTERM

    @property
    def settings(self) -> dict[str, str]:
        """None: all of it stands in its files."""
        return {}

    def program(self) -> Path:
        return wheel.valkey("valkey-server")

    def url(self, record: Record) -> str:
        return f"redis://:{record.password}@{LOOPBACK}:{record.port}/0"

    def mark(self, place: Place) -> str:
        return " ".join(self.command(place))

    def prepare(self, place: Place, record: Record, account: Account) -> None:
        place.data.mkdir(mode=0o700, exist_ok=True)
        account.own(place.data)
        file = _configuration(place)
        file.touch(0o600)
        file.write_text(CONFIGURATION.format(host=LOOPBACK, port=record.port, password=record.password))

    def command(self, place: Place) -> list[str]:
        return [str(self.program()), str(_configuration(place))]

    def is_ready(self, place: Place, record: Record) -> bool:  # noqa: ARG002 - the password proves that it is ours
        try:
            with socket.create_connection((LOOPBACK, record.port), timeout=1) as asked:
                asked.sendall(f"AUTH {record.password}\r\nPING\r\n".encode())
                with asked.makefile("rb") as answer:
                    return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
        except OSError:
            return False


VALKEY = Valkey()


def _configuration(place: Place) -> Path:
    return place.folder / "valkey.conf"
