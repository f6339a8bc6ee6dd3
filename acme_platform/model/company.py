"""The company: whose feeds the platform runs.

Belongs here: what a company gives to the platform, and how it is found. Not here: reading its feeds (`feed_fault.py`).

A distribution names its company by an entry point; where several are installed, ACME_COMPANY names the one:

    [project.entry-points."acme_platform.company"]
    acme = "acme_assets.company:COMPANY"
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from acme_platform.errors import MendInput

GROUP, VARIABLE = "acme_platform.company", "ACME_COMPANY"


@dataclass(frozen=True)
class StandIn:
    """What plays a source where nobody named one: an embedded database with contents made up."""

    #: its name, and the roles that write and read it: small letters, digits and _
    database: str
    owner: str
    reader: str
    #: `module:function` that makes what is missing in it, called with its owner's `Warehouse`
    prepare: str
    #: the module that `acme up` runs beside Dagster, to give it some life; empty for none
    life: str = ""

    def preparing(self) -> Callable[[Any], None]:
        """The function itself, imported when it is asked for: numpy alone takes a tenth of a second."""
        prepare: Callable[[Any], None] = resolve_name(self.prepare)
        return prepare


@dataclass(frozen=True)
class DeclaredSource:
    """A source that has more than a name: any other one is what a feed and its variables say."""

    name: str
    #: its variables were `<older>_URL` and `<older>_CAPTURE` before, and still may be
    older: str = ""
    stand_in: StandIn | None = None


@dataclass(frozen=True)
class Company:
    """What one company puts on the platform."""

    #: the package whose modules each hold a `FEED`
    feeds: str
    #: the folder of its SQL
    sql: Path
    #: the module that Dagster loads; one of its own where it has assets that are no tables
    definitions: str = "acme_platform.definitions"
    #: modules, each with a `COMMAND` that `acme` takes beside its own
    commands: tuple[str, ...] = ()
    sources: tuple[DeclaredSource, ...] = ()
    #: it came along with the platform, and gives way to any other that is installed
    gives_way: bool = False

    @property
    def stand_ins(self) -> tuple[StandIn, ...]:
        return tuple(source.stand_in for source in self.sources if source.stand_in)

    def source(self, name: str) -> DeclaredSource:
        return next((source for source in self.sources if source.name == name), DeclaredSource(name))

    @property
    def name(self) -> str:
        """Of its package, by which Dagster's UI calls its code."""
        return self.feeds.partition(".")[0]


@cache
def company() -> Company:
    """The one that is installed, or that ACME_COMPANY names. Raises MendInput where that is none, or not one."""
    installed = {entry_point.name: entry_point for entry_point in entry_points(group=GROUP)}
    wanted = os.environ.get(VARIABLE)
    if wanted and wanted not in installed:
        raise MendInput(f"{VARIABLE} names {wanted!r}, which is not installed", f"take one of: {_listed(installed)}")
    if wanted:
        return _loaded(installed[wanted])
    companies = {name: _loaded(entry_point) for name, entry_point in installed.items()}
    if not companies:
        raise MendInput("no company's feeds are installed", "make setup, or pip install the package of your feeds")
    first = {name: candidate for name, candidate in companies.items() if not candidate.gives_way} or companies
    if len(first) > 1:
        raise MendInput(f"feeds of several companies are installed: {_listed(first)}", f"set {VARIABLE} to one")
    return next(iter(first.values()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _loaded(entry_point: EntryPoint) -> Company:
    given = entry_point.load()
    if not isinstance(given, Company):
        raise MendInput(f"the entry point {entry_point.value} of {GROUP} is no Company", "let it be a Company(…)")
    return given
