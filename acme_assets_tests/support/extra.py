"""Modules and SQL files beside the real ones, for feeds that only a test knows.

Belongs here: making the catalog read them, and forget them. Not here: what they say.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import acme_assets
from acme_assets import defs
from acme_assets.company import COMPANY
from acme_platform.config.settings import PROJECT
from acme_platform.materialize import layers
from acme_platform.model import layer, sql_file
from acme_platform.registry import catalog


class Extra:
    """A folder `acme_assets` whose modules are found beside ours, and a copy of `sql/`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.package, self.sql = folder, folder / "acme_assets", folder / "sql"
        self.modules = self.package / "defs"
        self.modules.mkdir(parents=True)
        shutil.copytree(PROJECT / "sql", self.sql)

    def write(self, path: str, text: str) -> None:
        """A file by its path in the project."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)


@contextmanager
def read_beside(made: Extra) -> Iterator[None]:
    """Let the catalog find what is written there, from its next `forget` on."""
    # Other tests hold feeds of these modules, and read again they would be others.
    modules = {name: module for name, module in sys.modules.items() if name.startswith(f"{defs.__name__}.")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acme_assets, "__path__", [*acme_assets.__path__, str(made.package)])
        patch.setattr(defs, "__path__", [*defs.__path__, str(made.modules)])
        patch.setattr(sql_file, "company", lambda: replace(COMPANY, sql=made.sql))
        patch.setattr(layer, "_known", layer._known.copy())
        patch.setattr(layers, "MACHINERY", layers.MACHINERY.copy())
        forget()
        yield
    forget()
    for name in [name for name, module in sys.modules.items() if _is_of(made, module)]:
        del sys.modules[name]
    sys.modules.update(modules)


def _is_of(made: Extra, module: ModuleType) -> bool:
    return str(getattr(module, "__file__", None)).startswith(str(made.folder))


def forget() -> None:
    for known in (catalog._read, catalog.broken, catalog.feeds, catalog.tables, catalog.objects, sql_file.sql_file):
        known.cache_clear()
    catalog.beside.cache_clear()
    catalog._aside.clear()
    for name in [name for name in sys.modules if name.startswith(f"{defs.__name__}.")]:
        del sys.modules[name]
