"""Nobody but the owner of ACME_HOME gets in."""

import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from acme_assets_tests.embedded.homes import ask, command_lines, settings_of
from acme_platform.embedded import Addresses, states


@pytest.fixture
def home(session_folder: Path, servers: Addresses) -> Path:  # noqa: ARG001 - the servers must have run
    return session_folder / "acme"


def passwords(servers: Addresses) -> set[str]:
    return {str(urlsplit(url).password) for url in (servers.warehouse_url, servers.redis_url)}


def test_passwords_are_long_and_each_server_has_its_own(servers: Addresses) -> None:
    assert [len(password) for password in passwords(servers)] == [48, 48]


def test_no_command_line_shows_a_password(servers: Addresses) -> None:
    everything = "\n".join(command_lines().values())

    assert not any(password in everything for password in passwords(servers))


def test_no_log_shows_a_password(servers: Addresses, home: Path) -> None:
    everything = "\n".join(path.read_text() for path in home.glob("*/*.log"))

    assert everything
    assert not any(password in everything for password in passwords(servers))


def test_addresses_and_states_can_be_printed(servers: Addresses, home: Path) -> None:
    printed = f"{servers} {states(settings_of(home))}"

    assert not any(password in printed for password in passwords(servers))


def test_folders_and_files_are_for_their_owner_only(home: Path) -> None:
    folders = [home, home / "postgresql", home / "postgresql" / "data", home / "valkey", home / "valkey" / "data"]
    files = [path for path in home.glob("*/*") if path.is_file()]

    assert {path.name for path in files} >= {"record.json", "valkey.conf", "server.log", "keeper.log"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_nothing_listens_beyond_loopback(home: Path) -> None:
    """Every listening socket of the servers' processes, as the kernel lists them, is bound to 127.0.0.1."""
    found = {address for server in states(settings_of(home)) for address in listening(server.pid)}

    assert found == {server.address for server in states(settings_of(home))}


def listening(pid: int | None) -> list[str]:
    inodes = {
        re.findall(r"socket:\[(\d+)\]", str(link.readlink()))[0]
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if "socket:" in str(link.readlink())
    }
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                assert table == "tcp", "IPv6"
                found.append(".".join(str(byte) for byte in reversed(bytes.fromhex(address))) + f":{int(port, 16)}")
    return found


def test_postgresql_lets_nobody_in_without_the_password(servers: Addresses) -> None:
    parts = urlsplit(servers.warehouse_url)
    wrong = parts._replace(netloc=f"acme:guess@127.0.0.1:{parts.port}").geturl()

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_nobody_gets_in_as_the_superuser_and_the_platform_is_none(servers: Addresses) -> None:
    parts = urlsplit(servers.warehouse_url)
    superuser = parts._replace(netloc=f"postgres:{parts.password}@127.0.0.1:{parts.port}").geturl()

    with pytest.raises(psycopg2.OperationalError, match="no pg_hba"):
        psycopg2.connect(superuser)
    assert ask(servers.warehouse_url, "select rolsuper from pg_roles where rolname = current_user") is False


def test_valkey_lets_nobody_in_without_the_password(servers: Addresses) -> None:
    parts = urlsplit(servers.redis_url)

    with (
        redis.Redis(port=parts.port or 0, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
