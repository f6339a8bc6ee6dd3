"""What a machine needs to run the platform: the locks, the words of make, the image's ingredients, and no secrets."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock"]
ALL_LOCKS = [*LOCKS, "requirements-engine.lock", "requirements-charts.lock", ".ci/requirements-spark.lock"]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
RUN_TIME = PYPROJECT["project"]["dependencies"]
DEV, CHARTS = (PYPROJECT["project"]["optional-dependencies"][extra] for extra in ("dev", "charts"))


def lines_of(name: str) -> list[str]:
    return (PROJECT / name).read_text().splitlines()


def locked(name: str) -> dict[str, set[str]]:
    """Name of a package -> its versions in a lock; more than one when they depend on the Python."""
    versions: dict[str, set[str]] = {}
    for line in lines_of(name):
        if line[:1].isalnum():
            pin = Requirement(line.rstrip("\\ "))
            versions.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier).removeprefix("=="))
    return versions


@pytest.mark.parametrize("lock", ALL_LOCKS)
def test_every_line_of_a_lock_is_a_pin_followed_by_its_hashes(lock: str) -> None:
    body = [line for line in lines_of(lock) if not line.startswith("#")]
    text = "".join(line + "\n" for line in body)
    pin = r"[a-z0-9_.\-]+(\[[a-z,\-]+\])?==[^ \n]+( ; [^\\\n]+)? \\\n"
    digest = r"    --hash=sha256:[0-9a-f]{64}"
    assert re.fullmatch(rf"({pin}({digest} \\\n)*{digest}\n)+", text)


@pytest.mark.parametrize("lock", ALL_LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert not [line for line in lines_of(lock) if "://" in line or line.startswith("-")]


@pytest.mark.parametrize("lock", ALL_LOCKS)
def test_a_lock_says_how_it_is_renewed(lock: str) -> None:
    assert "make lock" in lines_of(lock)[1]


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", RUN_TIME),
        # the backend that `pip install --no-build-isolation` needs beside it
        ("requirements.lock", PYPROJECT["build-system"]["requires"]),
        ("requirements-charts.lock", RUN_TIME + CHARTS),
        ("requirements-dev.lock", RUN_TIME + DEV + CHARTS),
    ],
    ids=["run time", "build backend", "charts", "dev"],
)
def test_a_lock_holds_what_pyproject_asks_for(lock: str, wanted: list[str]) -> None:
    versions = locked(lock)
    for requirement in map(Requirement, wanted):
        found = versions[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in found), requirement


def test_tests_run_on_the_versions_that_are_deployed() -> None:
    tested = locked("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-charts.lock"):
        assert {name: tested[name] for name in locked(lock)} == locked(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_dagster_and_its_libraries_are_a_pair(lock: str) -> None:
    """1.13.27 goes with 0.29.27: with one of them missing on an index, pip has been seen to take a library of 2021."""
    (core,) = locked(lock)["dagster"]
    _, minor, patch = core.split(".")
    pair = {core, f"0.{int(minor) + 16}.{patch}"}
    family = {name: found for name, found in locked(lock).items() if name.startswith("dagster")}
    assert len(family) >= 7
    assert all(versions <= pair for versions in family.values()), family


def run(tool: str, *words: str, at: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
    """A tool of the machine, without what an outer `make test` hands down to every make below it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    program = shutil.which(tool) or tool
    return subprocess.run([program, *words], cwd=at, env=environment, capture_output=True, text=True, check=False)


def test_make_without_a_word_lists_the_words() -> None:
    listed = run("make")
    words = {line.split()[1] for line in listed.stdout.splitlines()}
    assert listed.returncode == 0
    assert words == {
        "help",
        "setup",
        "charts",
        "demo",
        "up",
        "down",
        "test",
        "slow",
        "check",
        "bench",
        "lint",
        "engine",
        "format",
        "lock",
        "clean",
    }


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A checkout whose setup is done, as far as make can tell."""
    for name in ["Makefile", "pyproject.toml", *LOCKS]:
        shutil.copyfile(PROJECT / name, tmp_path / name)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for done in ["bin/pip", ".installed", ".installed-dev"]:
        (tmp_path / ".venv" / done).touch()
    return tmp_path


def test_setup_does_nothing_when_nothing_changed(installed: Path) -> None:
    assert run("make", "--question", "setup", ".venv/.installed-dev", at=installed).returncode == 0


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_setup_installs_again_when_the_lock_or_pyproject_changed(installed: Path, changed: str) -> None:
    later = (installed / ".venv/.installed-dev").stat().st_mtime + 1
    os.utime(installed / changed, (later, later))
    assert run("make", "--question", "setup", at=installed).returncode == 1


def test_setup_refuses_an_old_python_and_says_what_to_type(tmp_path: Path) -> None:
    shutil.copyfile(PROJECT / "Makefile", tmp_path / "Makefile")
    for name in ["pyproject.toml", *LOCKS]:
        (tmp_path / name).touch()
    old = tmp_path / "python3.9"
    # what the check sees of an interpreter is `sys`: a real one is told that it is older
    lie = "import sys; sys.version_info = (3, 9); sys.version = '3.9.2 (old)'"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{lie}\n$2"\n')
    old.chmod(0o755)
    refused = run("make", "setup", f"PYTHON={old}", at=tmp_path)
    assert refused.returncode != 0
    assert "Python 3.11+ is needed, this is 3.9.2" in refused.stderr
    assert "next: make setup PYTHON=python3.11" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_build_server_runs_both_test_commands_and_can_run_them() -> None:
    """A failure of it fails the run, and pytest says the last line."""
    script = PROJECT / ".ci/run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert lines[-2:] == ["make test </dev/null", "exec make slow </dev/null"]
    assert "set -euo pipefail" in lines
    assert run("bash", "-n", str(script)).returncode == 0


def test_the_image_is_made_of_what_dockerignore_lets_through_and_nothing_else() -> None:
    copied = {
        source.rstrip("/")
        for line in lines_of("Dockerfile")
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    ignored = [line for line in lines_of(".dockerignore") if line and not line.startswith("#")]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert not copied & {".", ".env", ".git"}


def test_the_image_installs_the_lock_with_hashes_and_ends_without_root() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements.lock" in text
    assert "requirements-dev.lock" not in text
    assert text.rstrip().endswith("USER acme")


SECRETS = {
    "an address with a password": re.compile(r"://[^\s/:@$<>{}'\"]*:(?!password@|secret@|\*+@)[^\s/@$<>{}'\"]+@"),
    "a private key": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY"),
    "a key of AWS": re.compile(r"\bA(KI|SI)A[0-9A-Z]{16}\b"),
    "a long password": re.compile(r"(?i)(password|secret|token|access_key)[\"']?\s*[:=]\s*[\"']?[0-9a-z+/]{16,}"),
}


def tracked() -> list[Path]:
    """Files of the repository but for the tests, which are full of passwords that open nothing."""
    listed = run("git", "ls-files", "-z")
    names = [name for name in listed.stdout.split("\0") if not name.startswith("acme_assets_tests/")]
    return [PROJECT / name for name in names if (PROJECT / name).is_file()]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_tracked_file_holds(kind: str) -> None:
    hits = [
        f"{path.relative_to(PROJECT)}: {hit.group()}"
        for path in tracked()
        for hit in SECRETS[kind].finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not hits


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("an address with a password", "redis://:hunter2@cache:6379/0"),
        ("an address with a password", "postgresql://acme:hunter2@db/warehouse"),
        ("a private key", "-----BEGIN RSA PRIVATE KEY-----"),
        ("a key of AWS", "key = AKIA" + "IOSFODNN7EXAMPLE"),
        ("a long password", 'PASSWORD = "0123456789abcdef"'),
    ],
)
def test_the_search_for_secrets_finds(kind: str, text: str) -> None:
    assert SECRETS[kind].search(text)


def test_git_ignores_the_file_of_secrets() -> None:
    assert run("git", "check-ignore", "--quiet", ".env").returncode == 0
