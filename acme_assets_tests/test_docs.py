"""What README and CONTRIBUTING show works as it stands there: every command is run, every recipe followed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_assets_tests.support.demonstration import Demonstration
from acme_platform.config.settings import PROJECT

#: ```language … ``` blocks; a path in backticks and a colon before one names the file that the block is
BLOCK = re.compile(r"(?:`(?P<path>[\w/.]+)`:\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
COPIED = ("acme_platform", "acme_assets", "deploy", "sql", "pyproject.toml", "workspace.yaml")


class Project:
    """A copy of the project with a home of its own, and `acme` as its users type it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in COPIED:
            source = PROJECT / name
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
        self._programs = root / "bin"
        self._programs.mkdir()
        for name, package in {"acme": "acme_platform.cli", "dg": "dagster_dg_cli.cli"}.items():
            program = self._programs / name
            program.write_text(f"#!{sys.executable}\nfrom {package} import main\nmain()\n")
            program.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._programs}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.root), "PYTHONPATH": str(self.root), "PYTHONWARNINGS": "ignore"}
        command = ["/bin/bash", "-e", "-c", script]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def succeed(self, script: str) -> str:
        done = self.run(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def project(tmp_path: Path, demonstrated: Demonstration) -> Iterator[Project]:
    """Where the first of the two commands has been typed."""
    copy = Project(tmp_path)
    demonstrated.copy(tmp_path / ".acme")
    yield copy
    copy.run("acme down")


def blocks(document: str, language: str) -> list[tuple[str | None, str]]:
    """(path, text) of every block of that language, in order."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    found = BLOCK.finditer(text)
    return [(block["path"], block["text"]) for block in found if block["language"] == language]


def test_the_commands_of_the_readme_work_in_the_order_in_which_they_stand(project: Project) -> None:
    """`make` words are checked beside: they set up an environment or stay until Ctrl-C."""
    two_commands, every_day = (text for _, text in blocks("README.md", "sh"))

    printed = project.succeed(every_day.replace(". .venv/bin/activate", "true"))

    assert re.findall(r"^make (\w+)", two_commands, re.MULTILINE) == ["demo", "up"]
    assert "country_spenders as of 2024-04-03" in printed
    assert "users_counts" in printed.splitlines()


def test_every_word_of_make_in_the_documents_exists() -> None:
    documents = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
    named = {word for path in documents for word in re.findall(r"\bmake (\w+)", path.read_text(encoding="utf-8"))}
    words = set(re.findall(r"^(\w+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert {word for word in named if word in words} >= {"demo", "up", "test", "check", "format"}


def test_the_recipes_of_contributing_work_word_by_word(project: Project) -> None:
    """Given the demo's two weeks, each recipe adds its files and lines, and its commands answer."""
    _follow_recipes(project)

    printed = project.succeed("\n".join(text for _, text in blocks("CONTRIBUTING.md", "sh")))

    assert "busiest_days as of 2024-03-14" in printed
    assert "orders_on:2024-03-0" in printed
    assert re.search(r'^{"day":"2024-03-14","order_date":"2024-03-1\d","order_count":\d+}$', printed, re.MULTILINE)
    assert re.search(r"Harbour +\| +2\n +Station +\| +1\n", printed)
    assert re.search(r"box +\| +1\n +letter +\| +2\n", printed)


def _follow_recipes(project: Project) -> None:
    for language in ("sql", "python"):
        for path, text in blocks("CONTRIBUTING.md", language):
            if path:
                (project.root / path).parent.mkdir(exist_ok=True)
                (project.root / path).write_text(text)
            else:
                _write_into_the_feed(project.root / "acme_assets/defs/sales.py", text)


def _write_into_the_feed(module: Path, text: str) -> None:
    """An import stands above the others, a table's line below them."""
    before = "from acme_platform" if text.startswith("from") else "    ),\n)"
    module.write_text(module.read_text().replace(before, f"{text}{before}", 1))
