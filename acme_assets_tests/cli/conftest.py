"""The command line as a test types it: in this process, with its exit code and both of its streams."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from acme_platform.cli import main


class Answer(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Acme = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ACME_HOME of the test's own, with the lake inside; no variable of the caller's shell gets in."""
    for name in [name for name in os.environ if name.startswith("ACME_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def servers_of_the_tests(
    home: Path,  # noqa: ARG001 (clears the environment first)
    redis_url: str,
    warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every address is given, so that no server is started for the command."""
    monkeypatch.setenv("ACME_REDIS_URL", redis_url)
    monkeypatch.setenv("ACME_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("ACME_DAGSTER_URL", warehouse_url)


@pytest.fixture
def acme(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Acme:  # noqa: ARG001 (home sets the environment)
    """`acme("deliver", "sales", …, stdin="…")`."""

    def typed(*words: object, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["acme", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Answer(code or 0, out, err)

    return typed
