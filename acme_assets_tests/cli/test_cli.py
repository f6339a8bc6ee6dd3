"""What all commands have in common: help, exit codes, and how an error reaches a person."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acme_platform import cli, errors
from acme_platform.cli import COMMANDS
from acme_platform.cli.terminal.command import Command

from .conftest import Acme

HEAVY = ("dagster", "pandas", "psycopg2", "boto3", "numpy", "sqlglot")


def test_help_answers_without_the_heavy_libraries() -> None:
    """Dagster alone takes two seconds to import; whoever asks for help does not wait for it."""
    program = f"""if True:
        import sys
        from acme_platform.cli import app
        try:
            app(["--help"])
        finally:
            sys.exit(" ".join(name for name in {HEAVY} if name in sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
    assert "deliver" in done.stdout


@pytest.mark.parametrize(("name", "command"), [pair for entry in COMMANDS for pair in entry.words.items()])
def test_every_command_is_explained_with_examples(acme: Acme, name: str, command: Command) -> None:
    """`acme COMMAND --help` shows at least one line to type, and that line is about the command."""
    answer = acme(*name.split(), "--help")

    assert answer.code == 0
    assert command.examples
    assert [example for example in command.examples if f"acme {name}" not in example] == []
    assert f"acme {name}" in answer.out.split("Examples:")[1]


def test_version(acme: Acme) -> None:
    """The version is the package's."""
    assert acme("--version") == (0, "acme 0.1.0\n", "")


def test_completion_can_be_installed(acme: Acme) -> None:
    """Shells complete commands and options."""
    assert "--install-completion" in acme("--help").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["deliverr"], "deliverr"),
        (["sample"], "FEED"),
        (["sample", "sales", "--days", "2024-02-30"], "2024-02-30"),
        (["sample", "sales", "--days", "2024-01-02..2024-01-01"], "ends before it starts"),
        (["sample", "sales", "--days", "2024-01-01", "--rows", "0"], "--rows"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_word(acme: Acme, words: list[str], says: str) -> None:
    """A mistyped word is told on standard error, without a traceback."""
    answer = acme(*words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("no feed 'sail'", "choose one of: sales"), 2),
        (errors.RefusedFile("a.csv is empty", "deliver it again"), 1),
        (errors.TryAgain("the connection was lost", "type it again"), 1),
    ],
)
def test_an_expected_error_is_a_message_and_its_next_step(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, error: errors.AcmeError, code: int
) -> None:
    """The exit code is the error's, the message says what to do, and there is no traceback."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)

    assert acme() == (code, "", f"{error.message}\n  next: {error.next_step}\n")


def test_an_unexpected_error_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can mend a bug of ours from a one-line message: it says whose it is and shows everything."""

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fail)

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "bug of the platform" in capsys.readouterr().err


def test_an_interrupted_command_ends_with_130_and_leaves_no_half_file(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a file: the shell's exit code for it, and nothing that looks like a delivery."""
    words = ["sample", "sales", "--days", "2024-01-01", "--rows", "2000000000", "--to", str(tmp_path)]
    program = [sys.executable, "-c", "from acme_platform.cli import main; main()", *words]
    with subprocess.Popen(program, env=os.environ | {"ACME_HOME": str(tmp_path)}) as command:
        while not list(tmp_path.glob("sales/*/.*.tmp")):
            time.sleep(0.02)
        command.send_signal(signal.SIGINT)

    assert command.returncode == 130
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
