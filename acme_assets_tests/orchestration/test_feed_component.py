"""What `dg scaffold defs acme_assets.FeedComponent <name>` writes. That it runs a day: `test_docs.py`."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

import acme_assets
from acme_assets_tests.model import test_broken_feed
from acme_assets_tests.support.extra import Extra, forget
from acme_platform.config.settings import PROJECT
from acme_platform.errors import UsageError
from acme_platform.model import sql_file
from acme_platform.orchestration import feed_component
from acme_platform.orchestration.feed_component import Scaffolder
from acme_platform.registry import catalog
from acme_platform.scaffolding import writing
from acme_platform.scaffolding.draft import EXAMPLE
from acme_platform.scaffolding.feed import feed_files

extra = test_broken_feed.extra


@pytest.fixture
def into(extra: Extra, monkeypatch: pytest.MonkeyPatch) -> Extra:
    monkeypatch.setattr(writing, "company", vars(sql_file)["company"])
    return extra


def scaffold(extra: Extra, name: str) -> None:
    """As `dg` does it, which makes the folder of a component first."""
    (extra.modules / name).mkdir()
    Scaffolder().scaffold(
        dg.ScaffoldRequest(
            type_name="acme_assets.FeedComponent",
            target_path=extra.modules / name,
            scaffold_format="yaml",
            project_root=PROJECT,
            params=None,
        )
    )


def test_it_is_found_under_the_name_that_a_person_types() -> None:
    assert "FeedComponent" in dir(acme_assets)
    assert acme_assets.FeedComponent is feed_component.FeedComponent


def test_the_package_does_not_import_dagster_for_it() -> None:
    program = "import sys, acme_assets; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_feed_is_loaded_at_once(into: Extra) -> None:
    scaffold(into, "parcels")
    forget()
    assert catalog.broken() == {}
    assert [table.full_name for table in catalog.feed("parcels").tables] == [
        "raw.parcels",
        "staging.parcels",
        "analytics.parcels_per_kind",
    ]
    assert not (into.modules / "parcels").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Parcels", "is no name of a feed"),
        ("sales", "there is a feed sales"),
        ("sales_orders", "raw/sales_orders.sql"),
    ],
)
def test_nothing_that_stands_is_overwritten(into: Extra, name: str, why: str) -> None:
    before = {path: path.read_bytes() for path in into.sql.rglob("*.sql")}
    with pytest.raises(UsageError, match=why):
        scaffold(into, name)
    assert {path: path.read_bytes() for path in into.sql.rglob("*.sql")} == before
    assert list(into.modules.iterdir()) == []


@pytest.mark.slow
def test_its_sql_is_written_as_the_linter_wants_it(tmp_path: Path) -> None:
    files = {path: text for path, text in feed_files("parcels", tmp_path, EXAMPLE).items() if path.suffix == ".sql"}
    for path, text in files.items():
        (tmp_path / path.name).with_stem(f"{path.parent.name}_{path.stem}").write_text(text)
    program = str(Path(sys.executable).parent / "sqlfluff")
    command = [program, "lint", "--config", str(PROJECT / ".sqlfluff"), str(tmp_path)]
    linted = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
