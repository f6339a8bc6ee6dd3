"""`acme psql`, on a real server."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .conftest import Acme

ONE_ROW = "select 'Cote d''Ivoire', 12473316.34"


pytestmark = pytest.mark.usefixtures("servers_of_the_tests")


def test_arguments_are_psqls_own(acme: Acme) -> None:
    """Options reach psql as they stand, and so does its answer."""
    assert acme("psql", "-At", "-c", ONE_ROW) == (0, "Cote d'Ivoire|12473316.34\n", "")


def test_it_opens_the_warehouse(acme: Acme, warehouse_url: str) -> None:
    """Without a word about it, the database is the warehouse; psql's own option chooses another."""
    statement = "select current_database()"

    assert acme("psql", "-At", "-c", statement).out == urlsplit(warehouse_url).path[1:] + "\n"
    assert acme("psql", "-d", "postgres", "-At", "-c", statement).out == "postgres\n"


def test_statements_on_standard_input_work(tmp_path: Path) -> None:
    """psql reads what is piped into acme."""
    program = [sys.executable, "-c", "from acme_platform.cli import main; main()", "psql", "-At"]
    script = tmp_path / "statements.sql"
    script.write_text(f"{ONE_ROW};\nselect 2;\n")
    with script.open() as statements:
        done = subprocess.run(program, stdin=statements, capture_output=True, text=True, check=True)

    assert done.stdout == "Cote d'Ivoire|12473316.34\n2\n"


def test_psqls_exit_code_is_ours(acme: Acme) -> None:
    """A statement that fails ends the command with psql's own code."""
    answer = acme("psql", "-c", "select 1/0")

    assert answer.code == 1
    assert "division by zero" in answer.err


def test_the_password_is_not_among_the_arguments(acme: Acme, warehouse_url: str) -> None:
    """Everybody on the machine can read a process's arguments: a shell inside psql looks at its parent's."""
    password = unquote(urlsplit(warehouse_url).password or "")
    answer = acme("psql", "-At", "-c", r"\! ps -o args= -p $PPID")

    assert password
    assert "psql" in answer.out
    assert password not in answer.out
