"""`acme up` as a process with a home of its own.

Belongs here: starting it, and asking it and its home what tests of several parts ask. Not here: what must hold
(`test_processes.py`, `resilience/test_killed_platform.py`).
"""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acme_assets_tests.embedded.homes import command_lines, until
from acme_assets_tests.support.pipeline import day
from acme_platform.config.settings import Settings
from acme_platform.deployment.processes import free_port

ACME = Path(sys.executable).parent / "acme"


@dataclass(frozen=True)
class Up:
    """A running `acme up` with a home of its own."""

    home: Path
    port: int
    process: "subprocess.Popen[bytes]"
    #: where `acme serve` answers beside it; 0 where it was left out
    questions: int = 0

    @property
    def settings(self) -> Settings:
        return Settings(self.home, None, None, None, str(self.home / "lake"), day(1))

    def said(self) -> str:
        return (self.home / "said").read_text()

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401  # JSON
        """Of the UI, as its pages do."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # our own address
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # our own address
            told = json.load(answer)
        assert "errors" not in told, told
        (data,) = told["data"].values()
        return data

    def is_there(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "the Dagster UI is at" in self.said()

    def processes(self, words: str) -> list[int]:
        """Those of this home whose command line holds the words: the home stands in it, or in the environment."""
        return [pid for pid, line in command_lines().items() if words in line and str(self.home) in line + environ(pid)]


def environ(pid: int) -> str:
    """Empty for a process that ended, and for somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    except OSError:
        return ""


def environment(home: Path, questions: int = 0) -> dict[str, str]:
    own = {"ACME_HOME": str(home), "ACME_FIRST_DAY": "2024-01-01", "ACME_SERVE_PORT": str(questions)}
    return {"PATH": os.environ["PATH"], **own}


def start(home: Path, *shell: str, questions: int = 0) -> Up:
    """`shell` is what starts the command; without a port for questions it runs without them."""
    home.mkdir(exist_ok=True)
    port = free_port()
    command = [*shell, str(ACME), "up", "--port", str(port)]
    with (home / "said").open("w") as said:
        known = environment(home, questions)
        process = subprocess.Popen(command, env=known, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    up = Up(home, port, process, questions)
    until(up.is_there, 90)
    return up


def red(home: Path) -> list[dict[str, str]]:
    """What the doctor calls bad."""
    command = [str(ACME), "doctor", "--format", "json"]
    said = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False).stdout
    return [entry for entry in json.loads(said) if entry["level"] == "bad"]
