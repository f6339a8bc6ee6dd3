"""A copy of the project, for tests that write into it as its users do.

Belongs here: the copy and what is typed there. Not here: what is typed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from acme_platform.config.settings import PROJECT

COPIED = ("acme_platform", "acme_assets", "deploy", "sql", "pyproject.toml", "workspace.yaml")


class Project:
    """A copy of the project with a home of its own, and `acme` as its users type it."""

    def __init__(self, root: Path, variables: Mapping[str, str] | None = None) -> None:
        self.root, self._variables = root, dict(variables or {})
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
        environment = self._variables | environment
        command = ["/bin/bash", "-e", "-c", script]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def succeed(self, script: str) -> str:
        done = self.run(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout
