"""compose.yaml and .env.example, as the real Compose reads them.

Belongs here: the file's services, filled in. Not here: rules that they keep (`test_compose.py`), running them
(`containers.py`).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
EXAMPLE = (PROJECT / ".env.example").read_text()
#: names that must be filled in
SECRETS = re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE)

Service = dict[str, Any]


def compose(env: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Without the environment of the tests, which could fill in what is missing."""
    words = ("--env-file", str(env), "--profile", "*", "config", *words)
    bare = {"PATH": os.environ["PATH"]}
    return subprocess.run([COMPOSE, *words], cwd=PROJECT, env=bare, capture_output=True, text=True, check=False)


def filled(folder: Path, secret: Callable[[str], str] = str.lower) -> Path:
    """.env.example as somebody fills it in; every secret is its own name in lower case unless said otherwise."""
    env = folder / "env"
    env.write_text(re.sub(r"^([A-Z_]+)=$", lambda m: m[0] + secret(m[1]), EXAMPLE, flags=re.MULTILINE))
    return env


def services_of(env: Path) -> dict[str, Service]:
    shown = compose(env, "--format", "json")
    assert shown.returncode == 0, shown.stderr
    found: dict[str, Service] = json.loads(shown.stdout)["services"]
    return found
