"""Peers: other loaders, each in an environment of its own that is made when it is first needed.

Belongs here: environments and how a peer is run. Not here: what a peer does (`peers/`), comparing (`others.py`).

A peer's program prints the seconds from the first byte read to the last row committed, so that imports do not count.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import parse_dsn

from benchmarks.bench import Bench
from benchmarks.measure import Clock, Side
from benchmarks.platform import Platform
from benchmarks.scenario import CannotRunError

PROGRAMS = Path(__file__).parent / "peers"
TYPES = "order_id bigint, customer_id bigint, order_date date, amount numeric(14, 2)"


@dataclass(frozen=True)
class Peer:
    """A Python program below `peers/` with the packages that it needs, or pgloader."""

    name: str
    described: str
    packages: tuple[str, ...] = ()

    def side(self, bench: Bench, platform: Platform, files: Sequence[Path], rows: int) -> Side:
        """A run of the peer into an emptied warehouse; refuses a peer that loads less than all rows of the files."""
        command = self._command(bench, platform, files)
        named = os.pathsep.join(map(str, files))
        environment = os.environ | {"PEER_URL": platform.services.attach().warehouse_url, "PEER_FILES": named}

        def once() -> float:
            platform.forget()
            platform.bare_table("orders", TYPES)
            with Clock() as clock:
                said = _said(command, environment)
            if (rows_loaded := platform.one("select count(*) from bare.orders")) != rows:
                raise CannotRunError(f"{self.name} loaded {rows_loaded:,} of {rows:,} rows")
            return float(said.split()[-1]) if self.packages else clock.seconds

        return once

    def _command(self, bench: Bench, platform: Platform, files: Sequence[Path]) -> list[str]:
        if self.packages:
            return [str(self._python(bench)), str(PROGRAMS / f"{self.name}_load.py")]
        program = shutil.which(self.name)
        if program is None:
            raise CannotRunError(f"{self.name} is not installed here")
        return [program, str(_script(bench, platform, files))]

    def _python(self, bench: Bench) -> Path:
        home = bench.home / "peers" / self.name
        python = home / "bin" / "python"
        if not (home / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            made = subprocess.run(
                [str(python), "-m", "pip", "install", "--quiet", *self.packages], check=False, capture_output=True
            )
            if made.returncode:
                raise CannotRunError(f"{self.name} could not be installed here")
            (home / "complete").touch()
        return python


def _said(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotRunError(f"it failed: {done.stderr.strip().splitlines()[-1:] or done.stdout[-200:]}")
    return done.stdout


def _script(bench: Bench, platform: Platform, files: Sequence[Path]) -> Path:
    """pgloader reads its orders, the address included, from a file that only this user may read."""
    address = parse_dsn(platform.services.attach().warehouse_url)
    target = f"postgresql://{address['user']}:{address['password']}@{address['host']}:{address['port']}"
    script = bench.home / "pgloader.load"
    script.touch(mode=0o600)
    order, into = (PROGRAMS / "pgloader.load").read_text(), f"{target}/{address['dbname']}"
    script.write_text("\n".join(order.format(file=file, target=into) for file in files))
    return script


PANDAS = Peer("pandas", "pandas read_csv + to_sql", ("pandas", "sqlalchemy", "psycopg2-binary"))
DLT = Peer("dlt", "dlt, csv → postgres, at its documented best", ("dlt[postgres]", "pandas", "pyarrow"))
PGLOADER = Peer("pgloader", "pgloader")
