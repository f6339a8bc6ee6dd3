"""The bench: what every scenario works with, below one folder that is its own.

Belongs here: servers, databases made from nothing, sample files made once. Not here: scenarios.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql

from acme_assets.sample import write_sample
from acme_assets.sample.output import Compression
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.model.engine import Engine, all_on
from acme_platform.services import Services
from benchmarks.measure import Clock, Pairs, Side, alternate, forget_peak, peak_megabytes
from benchmarks.platform import Platform
from benchmarks.scale import Scale

FIRST_DAY = date(2024, 1, 1)
SEED = 1


def home_settings(home: Path) -> Settings:
    """Embedded servers and everything else below `home`, whatever the environment says."""
    return Settings(home, None, None, None, str(home / "lake"), FIRST_DAY)


@dataclass
class Bench:
    """Everything below `home`; `scale` says how much of it."""

    home: Path
    scale: Scale
    _platforms: dict[str, Platform] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return home_settings(self.home)

    @property
    def samples(self) -> Path:
        return self.home / "samples"

    def platform(self, name: str = "loading") -> Platform:
        """A platform over the database of that name, made when it is first asked for, and Redis database 1, 2, …"""
        if name not in self._platforms:
            self._platforms[name] = self._made(name, number=len(self._platforms) + 1)
        return self._platforms[name]

    @contextmanager
    def computed_by(self, engine: Engine, name: str) -> Iterator[Platform]:
        """A platform of that name whose feeds are on the engine."""
        made = self.platform(f"{name}_{engine}").services.settings
        with all_on(engine):
            yield Platform(Services(replace(made, engine_url=embedded.engine(self.settings))))

    def _made(self, name: str, number: int) -> Platform:
        addresses = embedded.attach(self.settings)
        own = f"bench_{name}"
        _create_anew(addresses.warehouse_url, own)
        lake, tables = self.home / "lakes" / name, self.home / "tables" / name
        for folder in (lake, tables):
            shutil.rmtree(folder, ignore_errors=True)
        settings = replace(
            self.settings,
            warehouse_url=f"{addresses.warehouse_url.rpartition('/')[0]}/{own}",
            dagster_url=addresses.dagster_url,
            redis_url=f"{addresses.redis_url.rpartition('/')[0]}/{number}",
            lake_url=str(lake),
            tables_url=tables.as_uri(),
        )
        platform = Platform(Services(settings))
        platform.services.open_redis().flushdb()
        return platform

    def forget(self) -> None:
        """Drop what the platforms hold: a scenario begins with an empty disk."""
        for platform in self._platforms.values():
            platform.forget()

    def orders(
        self, rows: int, *, day: date = FIRST_DAY, parts: int = 1, dirty: float = 0, compress: Compression = "none",
        seed: int = SEED
    ) -> list[Path]:  # fmt: skip
        """Files of one day's orders, made by `acme sample`."""
        return self._sample("orders", rows, day, parts, dirty, compress, seed)

    def customers(self, rows: int) -> list[Path]:
        """The customers of so many orders."""
        return self._sample("customers", rows, FIRST_DAY, 1, 0, "none", SEED)

    def _sample(
        self, table: str, rows: int, day: date, parts: int, dirty: float, compress: Compression, seed: int
    ) -> list[Path]:
        folder = self.samples / f"{rows}-{day}-{parts}-{dirty:g}-{compress}-{seed}"
        if not folder.exists():
            draft = folder.with_name(f"{folder.name}.tmp")
            shutil.rmtree(draft, ignore_errors=True)
            write_sample("sales", Days(day, day), rows=rows, seed=seed, dirty=dirty, to=draft, parts=parts,
                         compress=compress)  # fmt: skip
            draft.rename(folder)
        return sorted((folder / "sales" / table).rglob("*.csv*"))

    def alternate(self, ours: Side, against: Side, rounds: int | None = None) -> Pairs:
        return alternate(ours, against, rounds or self.scale.rounds)


def _create_anew(url: str, database: str) -> None:
    """Databases are made and dropped outside of transactions."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        _drop(cursor, database)
        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(database)))


def _drop(cursor: Cursor, database: str) -> None:
    """Autovacuum may be at work there for a moment, and only a superuser may end it."""
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
    for _ in range(100):
        with suppress(errors.InsufficientPrivilege):
            return cursor.execute(drop)
        time.sleep(0.1)
    return cursor.execute(drop)


@dataclass
class Load:
    """A side: these files of one day, through the given layers of an emptied platform. Remembers its peak memory."""

    platform: Platform
    files: Sequence[Path]
    layers: tuple[str, ...] = ("raw",)
    peak: float = 0.0

    def __call__(self) -> float:
        self.platform.forget()
        self.platform.deliver("orders", FIRST_DAY, *self.files)
        forget_peak()
        with Clock() as clock:
            for layer in self.layers:
                self.platform.fill(f"{layer}.sales_orders", FIRST_DAY)
        self.peak = max(self.peak, peak_megabytes())
        return clock.seconds


@dataclass
class PsqlCopy:
    """A side: one file into a bare table by psql's own \\copy."""

    platform: Platform
    file: Path
    columns: str

    def __call__(self) -> float:
        self.platform.forget()
        self.platform.bare_table("orders", self.columns)
        with Clock() as clock:
            self.platform.psql(f"\\copy bare.orders from '{self.file}' with (format csv, header)")
        return clock.seconds
