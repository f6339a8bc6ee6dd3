"""The demo as a new user types it, told once for all the tests that look at it or begin where it ends.

Belongs here: telling it and copying the home it leaves. Not here: what is expected of it (`cli/test_demo.py`).
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from acme_platform.config.settings import Settings
from acme_platform.embedded import stop

ACME = Path(sys.executable).parent / "acme"


def acme(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "ACME_HOME": str(home)}
    return subprocess.run([ACME, *words], env=environment, cwd=home.parent, capture_output=True, text=True, check=False)


def stop_servers(home: Path) -> None:
    stop(replace(Settings.from_env({}), home=home))


@dataclass(frozen=True)
class Demonstration:
    """What one demo said, and the home that it left; its servers are stopped, for it is there to be copied."""

    home: Path
    code: int
    out: str
    err: str

    def copy(self, home: Path) -> None:
        shutil.copytree(self.home, home)


def demonstration(folder: Path) -> Demonstration:
    """The one in this folder, told if nobody has told it there yet."""
    home, said = folder / "home", folder / "said.json"
    if not said.exists():
        folder.mkdir(exist_ok=True)
        done = acme(home, "demo")
        stop_servers(home)
        said.write_text(json.dumps([done.returncode, done.stdout, done.stderr]))
    return Demonstration(home, *json.loads(said.read_text()))
