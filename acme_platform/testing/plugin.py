"""The plugin for pytest: every case of a `*.test.md` is a test.

    pytest -p acme_platform.testing.plugin sql/

or `addopts = "-p acme_platform.testing.plugin"` in pyproject.toml. The server is the one that `acme` would take.

Belongs here: pytest's words for documents and cases. Not here: what they mean (`document.py`, `bench.py`).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from acme_platform.config.settings import Settings
from acme_platform.errors import AcmeError
from acme_platform.services import Services
from acme_platform.testing.bench import Bench, bench
from acme_platform.testing.document import ENDING, Case, cases

OPENED = pytest.StashKey[ExitStack]()
BENCH = pytest.StashKey[Bench]()


class CaseFailed(Exception):
    """The message is all that is shown."""


class Document(pytest.File):
    """The tests of one SQL file."""

    def collect(self) -> Iterator["SqlCase"]:
        try:
            for case in cases(self.path):
                yield SqlCase.from_parent(self, name=case.name, case=case)
        except AcmeError as error:
            raise self.CollectError(str(error)) from error


class SqlCase(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, **words: object) -> None:
        super().__init__(**words)  # type: ignore[arg-type]  # pytest's own: name and parent
        self.case = case

    def runtest(self) -> None:
        if said := _bench(self.config).failure(self.case):
            raise CaseFailed(said)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """A table that differs says it all; only what is no failure of the case has a trace."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))  # type: ignore[arg-type]

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, int(self.case.where.rpartition(":")[2]) - 1, str(self.case)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Document | None:
    if not file_path.name.endswith(ENDING):
        return None
    document: Document = Document.from_parent(parent, path=file_path)
    return document


def pytest_unconfigure(config: pytest.Config) -> None:
    if opened := config.stash.get(OPENED, None):
        opened.close()


def _bench(config: pytest.Config) -> Bench:
    """Made for the first case, for all of them."""
    if BENCH not in config.stash:
        opened = config.stash.setdefault(OPENED, ExitStack())
        url = Services(Settings.from_env()).attach().warehouse_url
        config.stash[BENCH] = opened.enter_context(bench(url))
    return config.stash[BENCH]
