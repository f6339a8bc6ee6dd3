"""Another company's feeds on the platform: installed as a package, without a file of ours touched."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import psycopg2
import pytest

from acme_assets.company import COMPANY
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.pipeline import environment
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.embedded import Addresses
from acme_platform.errors import MendInput
from acme_platform.model import company as subject
from acme_platform.model.company import Company, company

GLOBEX = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "globex"
version = "1"
dependencies = ["acme-assets"]

[project.entry-points."acme_platform.company"]
globex = "globex:COMPANY"

[tool.setuptools]
packages = ["globex", "globex.feeds"]

[tool.setuptools.package-data]
globex = ["sql/**/*.sql"]
""",
    "globex/__init__.py": """
from pathlib import Path

from acme_platform.model.company import Company

COMPANY = Company(feeds="globex.feeds", sql=Path(__file__).parent / "sql")
""",
    "globex/feeds/__init__.py": "",
    "globex/feeds/plants.py": """
from acme_platform.model.table import Feed, analytics, raw, staging

FEED = Feed(
    name="plants",
    description="What each plant makes.",
    owner="team:globex",
    tables=(raw("plants_output", delivered="output"), staging("plants_output"), analytics("plants_made")),
)
""",
    "globex/feeds/energy.py": """
from acme_platform.model.table import Feed, cache, raw, staging

FEED = Feed(
    name="energy",
    description="What each plant burns.",
    owner="team:globex",
    tables=(raw("energy_use", delivered="use"), staging("energy_use"), cache("energy", keys="energy:*")),
)
""",
    "globex/feeds/erp.py": """
from acme_platform.model.table import Feed, extracted, staging

FEED = Feed(
    name="erp",
    description="Where each plant stands.",
    owner="team:globex",
    source="erp",
    tables=(extracted("erp_sites", source="erp.sites"), staging("erp_sites", keep="snapshot")),
)
""",
    "globex/sql/raw/erp_sites.sql": """-- One row is one site, as text.
create table raw.erp_sites (
    site text, -- its number
    town text -- where it is
);
""",
    "globex/sql/staging/erp_sites.sql": """-- One row is one version of a site.
create table staging.erp_sites (
    site bigint not null, -- its number
    day date not null, -- day of the copy
    valid_to date, -- day of the next version
    town text not null, -- where it is
    primary key (site, day)
);

select delivery_id, row_number, site, town from raw.erp_sites where day = %(day)s;
""",
    "globex/sql/queries/sites.sql": """-- Sites in their order.
select site, town from staging.erp_sites where staging.as_of(day, valid_to, %(day)s) order by site;
""",
    "globex/sql/raw/plants_output.sql": """-- One row is a plant's output.
create table raw.plants_output (
    plant text, -- its name
    made text -- pieces
);
""",
    "globex/sql/staging/plants_output.sql": """-- One row is one version of a plant's output.
create table staging.plants_output (
    plant text not null, -- its name
    day date not null, -- day of the delivery
    valid_to date, -- day of the next version
    made bigint not null, -- pieces
    primary key (plant, day)
);

select delivery_id, row_number, plant, made from raw.plants_output where day = %(day)s;
""",
    "globex/sql/analytics/plants_made.sql": """-- One row is what all plants made, as of a day.
create table analytics.plants_made (
    day date not null, -- as of this day
    made bigint not null, -- pieces
    primary key (day)
);

select %(day)s::date as day, sum(made)::bigint as made from staging.plants_output
where day <= %(day)s and (valid_to is null or valid_to > %(day)s) having count(*) > 0;
""",
    "globex/sql/raw/energy_use.sql": """-- One row is what a plant burnt.
create table raw.energy_use (
    plant text, -- its name
    kwh text -- kilowatt hours
);
""",
    "globex/sql/staging/energy_use.sql": """-- One row is one version of what a plant burnt.
create table staging.energy_use (
    plant text not null, -- its name
    day date not null, -- day of the delivery
    valid_to date, -- day of the next version
    kwh numeric(12, 1) not null, -- kilowatt hours
    primary key (plant, day)
);

select delivery_id, row_number, plant, kwh from raw.energy_use where day = %(day)s;
""",
    "globex/sql/cache/energy.sql": """-- One row is one Redis hash energy:{plant}.
create table cache.energy (
    key text not null, -- energy:{plant}
    kwh numeric(12, 1) not null, -- kilowatt hours
    primary key (key)
);

select 'energy:' || plant as key, kwh from staging.energy_use
where day <= %(day)s and (valid_to is null or valid_to > %(day)s);
""",
    "globex/sql/queries/made.sql": """-- What all plants made.
select made from analytics.plants_made where day = %(day)s;
""",
}


def wheel(project: Path, to: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(to), str(project)], check=True)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment that has our dependencies, our wheel and theirs, and nothing of the checkout."""
    root = tmp_path_factory.mktemp("globex")
    for name, text in GLOBEX.items():
        (root / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "project" / name).write_text(text)
    (root / "ours").mkdir()
    for name in ("acme_platform", "acme_assets", "sql", "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        source = PROJECT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / "ours" / name)
    wheel(root / "ours", root / "wheels")
    wheel(root / "project", root / "wheels")
    venv.create(root / "venv", with_pip=False, symlinks=True)
    packages = root / "venv/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for found in Path(sysconfig.get_path("purelib")).iterdir():
        if "acme" not in found.name and not found.name.startswith("__editable__"):
            (packages / found.name).symlink_to(found)
    install = [sys.executable, "-m", "pip", "--python", str(root / "venv/bin/python"), "install"]
    wheels = map(str, (root / "wheels").iterdir())
    subprocess.run([*install, "--quiet", "--no-deps", "--no-index", *wheels], check=True)
    yield root / "venv/bin"
    shutil.rmtree(root)


def typed(programs: Path, settings: Settings, *words: str, **variables: str) -> str:
    environ = {name: value for name, value in environment(settings).items() if name != "PYTHONPATH"}
    environ |= {"PATH": f"{programs}:{os.environ['PATH']}", **variables}
    done = subprocess.run(
        [str(programs / "acme"), *words], cwd=settings.home, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_another_company_installs_its_package_and_runs_a_day(
    programs: Path, settings: Settings, dagster_url: str, tmp_path: Path
) -> None:
    """Two feeds of its own, its SQL out of its wheel; nothing of ours is there."""
    settings = replace(settings, dagster_url=dagster_url)
    for name, content in {"output": "plant,made\nNorth,3\nSouth,4\n", "use": "plant,kwh\nNorth,1.5\n"}.items():
        (tmp_path / f"{name}.csv").write_text(content)
    typed(programs, settings, "deliver", "plants", "output", str(tmp_path / "output.csv"), "--day", "2024-01-02")
    typed(programs, settings, "deliver", "energy", "use", str(tmp_path / "use.csv"), "--day", "2024-01-02")

    typed(programs, settings, "run", "--days", "2024-01-02", "--select", "not group:erp")

    assert typed(programs, settings, "query", "made", "--day", "2024-01-02", "--format", "csv") == "made\n7\n"
    status = typed(programs, settings, "status")
    assert "plants" in status
    assert "sales" not in status
    assert typed(programs, settings, "redis", "hget", "energy:North", "kwh").strip().strip('"') == "1.5"


@pytest.mark.slow
def test_its_feed_of_a_database_reads_the_source_that_it_names(
    programs: Path, settings: Settings, dagster_url: str, servers: Addresses
) -> None:
    """And without the variable that says where it is, that variable is named."""
    settings = replace(settings, dagster_url=dagster_url)
    run = ("run", "--days", "today", "--select", "group:erp")
    with database(servers.warehouse_url, "template1") as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("create schema erp; create table erp.sites (site int primary key, town text)")
            cursor.execute("insert into erp.sites values (1, 'Springfield'), (2, 'Cypress Creek')")
        typed(programs, settings, *run, ACME_SOURCE_ERP_URL=url)
    answer = typed(programs, settings, "query", "sites", "--day", "today", "--format", "csv")
    assert answer == "site,town\n1,Springfield\n2,Cypress Creek\n"
    with pytest.raises(AssertionError, match="ACME_SOURCE_ERP_URL is not set"):
        typed(programs, settings, *run, "--force")


THEIRS = Company(feeds="theirs", sql=Path("theirs"))
OTHERS = Company(feeds="others", sql=Path("others"))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Company]]:
    """Entry points that lead to these companies."""
    found: dict[str, Company] = {}

    class Leading(EntryPoint):
        def load(self) -> Company:
            return found[self.name]

    def entry_points(group: str) -> list[EntryPoint]:
        return [Leading(name, f"{name}:COMPANY", group) for name in found]

    monkeypatch.setattr(subject, "entry_points", entry_points)
    company.cache_clear()
    yield found
    company.cache_clear()


def test_ours_gives_way_to_the_one_that_is_installed_beside_it(installed: dict[str, Company]) -> None:
    installed |= {"acme": COMPANY, "theirs": THEIRS}
    assert company() is THEIRS


def test_ours_is_taken_where_there_is_no_other(installed: dict[str, Company]) -> None:
    installed |= {"acme": COMPANY}
    assert company() is COMPANY


@pytest.mark.parametrize(
    ("names", "wanted", "said"),
    [
        ([], None, "no company's feeds are installed"),
        (["others", "theirs"], None, "feeds of several companies are installed: others, theirs"),
        (["theirs"], "globex", "ACME_COMPANY names 'globex', which is not installed"),
    ],
)
def test_where_it_is_not_one_company_a_sentence_says_so(
    installed: dict[str, Company],
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
    wanted: str | None,
    said: str,
) -> None:
    installed |= {name: {"others": OTHERS, "theirs": THEIRS}[name] for name in names}
    if wanted:
        monkeypatch.setenv("ACME_COMPANY", wanted)
    with pytest.raises(MendInput, match=said):
        company()


def test_a_variable_chooses_among_several(installed: dict[str, Company], monkeypatch: pytest.MonkeyPatch) -> None:
    installed |= {"others": OTHERS, "theirs": THEIRS}
    monkeypatch.setenv("ACME_COMPANY", "others")
    assert company() is OTHERS
