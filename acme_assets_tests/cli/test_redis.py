"""`acme redis`, on a real server."""

import os
import pty
import subprocess
import sys

import pytest

from .conftest import Acme

pytestmark = pytest.mark.usefixtures("servers_of_the_tests")


def test_the_command_on_the_command_line_is_answered(acme: Acme) -> None:
    """In a pipe a reply is its bare value."""
    assert acme("redis", "HSET", "country:USA", "users_counts", 26) == (0, "1\n", "")
    assert acme("redis", "HGETALL", "country:USA") == (0, "users_counts\n26\n", "")


def test_a_word_that_looks_like_an_option_goes_to_the_server(acme: Acme) -> None:
    """-1 is the end of a list, not an option of ours."""
    acme("redis", "RPUSH", "list", "a", "b")

    assert acme("redis", "LRANGE", "list", 0, -1) == (0, "a\nb\n", "")


def test_commands_on_standard_input_are_answered_one_a_line(acme: Acme) -> None:
    """Quotes keep words together, empty lines are nothing, `exit` ends."""
    answer = acme("redis", stdin='SET name "Cote d\'Ivoire"\n\nGET name\nexit\nDEL name\n')

    assert answer == (0, "OK\nCote d'Ivoire\n", "")
    assert acme("redis", "EXISTS", "name").out == "1\n"


def test_a_refused_command_ends_with_1_and_the_others_are_answered(acme: Acme) -> None:
    """The server's reason is its reply; what follows is done all the same."""
    answer = acme("redis", stdin="SET a x\nINCR a\nGET a\n")

    assert answer.code == 1
    assert answer.out.splitlines()[::2] == ["OK", "x"]
    assert "not an integer" in answer.out.splitlines()[1]


def test_an_open_quote_is_wrong_usage(acme: Acme) -> None:
    """A line that cannot be split into words is not sent."""
    answer = acme("redis", stdin='SET a "x\n')

    assert (answer.code, answer.out) == (2, "")
    assert "close the quotes" in answer.err


def test_a_server_that_is_not_there_is_named_without_the_password(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address helps whoever reads the message, the password helps nobody."""
    monkeypatch.setenv("ACME_REDIS_URL", "redis://:canary@127.0.0.1:1/0")
    answer = acme("redis", "PING")

    assert answer.code == 1
    assert "127.0.0.1:1" in answer.err
    assert "canary" not in answer.err


def test_a_person_is_asked_and_answered_with_types() -> None:
    """On a terminal there is a prompt with the server's address, and replies look like redis-cli's."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from acme_platform.cli import main; main()", "redis"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as shell:
        os.write(ours, b"RPUSH pair a b\nLRANGE pair 0 -1\nexit\n")
        assert shell.wait() == 0
    os.close(theirs)
    seen = os.read(ours, 65_536).decode().replace("\r\n", "\n")
    os.close(ours)

    assert "(integer) 2\n" in seen
    assert '1) "a"\n2) "b"\n' in seen
    assert "127.0.0.1:" in seen
