"""One feed's broken definition stops that feed only, and is told.

The kinds of mistakes stand in a folder of modules beside the real feeds; what commands and Dagster make of one is seen
on a copy of the project.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from acme_assets_tests.support.extra import Extra, forget, read_beside
from acme_assets_tests.support.pipeline import day
from acme_platform.build import build
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.errors import MendInput, UsageError
from acme_platform.ingest.files.routing import place_all
from acme_platform.lake.object import LakeObject
from acme_platform.model.table import Feed
from acme_platform.orchestration.standing_checks import sensor
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.triggers.alerts import tell

SOUND = ["bookings", "interactions", "operations", "sales", "shop"]
FEED = (
    "from acme_platform.model.declared import *\nfrom acme_platform.model.table import *\n"
    "FEED = Feed(name='extra', description='', owner='team:x', tables=({}))\n"
)
RAW = "raw('extra', delivered='things'), "
EXTRACTED = "extracted('extra', source='a.b'), "
STAGING = "staging('extra'), "
UNKNOWN_CHECK = "staging('extra', must=['nothing']), "
OF_RAW = """-- One row is one thing.
create table raw.extra (
    id text -- its number
);
"""
OF_STAGING = """-- One row is one thing.
create table staging.extra (
    id bigint not null, -- its number
    day date not null, -- its day
    valid_to date, -- its end
    primary key (id, day)
);
select delivery_id, row_number, id from raw.extra where day = %(day)s;
"""
SQL = {"raw/extra": OF_RAW, "staging/extra": OF_STAGING}


class Feeds(Extra):
    """A module of feeds and its SQL files."""

    def declare(self, text: str, name: str = "extra", **files: str) -> None:
        self.write(f"acme_assets/defs/{name}.py", text)
        for path, sql in {**SQL, **files}.items():
            self.write(f"sql/{path}.sql", sql)

    def why(self, name: str = "extra") -> str:
        forget()
        assert list(catalog.feeds()) == SOUND
        return catalog.broken()[name].why


@pytest.fixture
def extra(tmp_path: Path) -> Iterator[Feeds]:
    made = Feeds(tmp_path / "copy")
    with read_beside(made):
        yield made


def of_source(source: str, *tables: str) -> str:
    return named("extra", *tables).replace("owner='team:x'", f"owner='team:x', source={source!r}")


def named(name: str, *tables: str) -> str:
    return FEED.format("".join(tables)).replace("name='extra'", f"name='{name}'")


def leading(column: str, to: str) -> str:
    return named("extra", RAW, f"staging('extra', should=[relationships({column!r}, {to!r})]), ")


def accepting(words: str) -> str:
    return named("extra", RAW, f"staging('extra', must=[accepted_values({words})]), ")


def test_a_feed_in_which_nothing_is_wrong_is_loaded(extra: Feeds) -> None:
    extra.declare(named("extra", RAW, STAGING))
    assert "extra" in catalog.feeds()
    assert catalog.broken() == {}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def x(:", "extra.py, line 1: SyntaxError"),
        ("import acme_assets.nothing", "extra.py, line 1: ModuleNotFoundError"),
        ("\nFEED = Fed()", "extra.py, line 2: NameError"),
        ("1 / 0", "extra.py, line 1: ZeroDivisionError"),
        ("raise SystemExit(3)", "extra.py, line 1: SystemExit: 3"),
        ("", "extra.py declares no FEED"),
        ("FEED = None", "extra.py declares no FEED"),
        (named("extra", "raw('extra'), "), "TypeError"),
        (named("sales", RAW), "declares the feed sales, as another module does"),
        (named("Extra feed", RAW), "names its feed 'Extra feed'"),
        (named("extra", "raw('nothing', delivered='x'), "), "there is no sql/raw/nothing.sql"),
        (named("extra", "raw('sales_orders', delivered='x'), "), "declares raw.sales_orders as the feed sales does"),
        (named("extra", "raw('sales_orders', delivered='x'), ", RAW), "declares raw.sales_orders as the feed sales"),
        (named("extra", RAW, RAW), "declares raw.extra again"),
        (named("extra", RAW, UNKNOWN_CHECK), "there is no sql/checks/nothing.sql"),
        (
            named("extra", "Table(Layer('lines', frozenset()), 'extra'), "),
            "nothing fills the layer lines of lines.extra",
        ),
        (named("extra", EXTRACTED), "names no source"),
        (of_source("x", RAW), "names the source x, and reads no table of it"),
        (of_source("X;", EXTRACTED), "names its source 'X;'"),
        (of_source("x", EXTRACTED.replace("a.b'", "a.b', key=('no', 'id')")), "does not declare no, by which a.b is"),
        (of_source("x", EXTRACTED.replace("a.b'", "a.b', changed_at='at'")), "extra.sql does not declare at, by which"),
        (leading("id", "staging.nowhere.id"), "the line of staging.extra reads staging.nowhere, which no feed"),
        (leading("id", "raw.extra.name"), "the line of staging.extra names raw.extra.name, a column that sql/raw/ext"),
        (leading("name", "raw.extra.id"), "the line of staging.extra names staging.extra.name, a column that sql/sta"),
        (leading("id", "nowhere"), "names 'nowhere', which is no layer.table.column"),
        (accepting("'name', 'x'"), "the line of staging.extra names staging.extra.name, a column that sql/staging/"),
        (leading("id", "raw.extra.id"), "compares staging.extra.id with raw.extra.id, which are bigint and text"),
        (accepting("'id'"), "names no value"),
        (accepting("'id', '1'), accepted_values('id', '2'"), "has two checks named extra_id_is_known"),
        (named("extra", STAGING, RAW), "sql/staging/extra.sql reads raw.extra, which is declared below it"),
        (named("extra", STAGING), "sql/staging/extra.sql reads raw.extra, which no feed that can be loaded declares"),
    ],
)
def test_a_mistake_in_a_module_stops_its_feed_only(extra: Feeds, text: str, why: str) -> None:
    extra.declare(text)
    assert why in extra.why()


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("team:x", "nobody", "DagsterInvalidDefinitionError"),
        ("description", "fresh=Daily(by_hour=25), description", "cron"),
        ("description", "rhythms=(Rhythm('x', 'never'),), description", "cron"),
    ],
)
def test_a_mistake_that_only_dagster_knows_stops_its_feed_only(extra: Feeds, right: str, wrong: str, why: str) -> None:
    """And whoever reads its tables."""
    extra.declare(named("extra", RAW).replace(right, wrong))
    extra.declare(named("reader", STAGING), "reader")
    names = {spec.key.to_user_string() for spec in build(Settings.from_env({})).resolve_all_asset_specs()}
    assert why in catalog.broken()["extra"].why
    assert "reads raw.extra of the feed extra" in catalog.broken()["reader"].why
    assert list(catalog.feeds()) == SOUND
    assert names == {name.replace(".", "/") for name in catalog.tables()} | {"broken/extra", "broken/reader"}


CHECK = "checks/extra"


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        (
            "raw/extra",
            "-- One.\ncreate table raw.extra (id text, word",
            "sql/raw/extra.sql is not SQL that can be read",
        ),
        ("raw/extra", "create table raw.extra (id text);", "sql/raw/extra.sql has no opening comment"),
        ("raw/extra", "-- One.\ncreate table raw.other (id text);", "must hold one `create table raw.extra`"),
        ("raw/extra", "-- One.\ndrop table x;", "which is no create and no select"),
        ("staging/extra", OF_STAGING.partition("select")[0], "sql/staging/extra.sql holds no select"),
        ("staging/extra", OF_STAGING.replace("raw.extra", "raw.extras"), "sql/staging/extra.sql reads raw.extras"),
        (CHECK, "-- None.\nselect * from staging.extras", "sql/checks/extra.sql reads staging.extras"),
        (CHECK, "-- None.\nselect * frm staging.extra x y z", "sql/checks/extra.sql is not SQL that can be read"),
        (CHECK, "select 1", "sql/checks/extra.sql has no opening comment"),
    ],
)
def test_a_mistake_in_an_sql_file_stops_its_feed_only(extra: Feeds, file: str, text: str, why: str) -> None:
    checks = ["extra"] if file == CHECK else []
    extra.declare(named("extra", RAW, f"staging('extra', must={checks}), "), **{file: text})
    assert why in extra.why()


OUTSIDE = OF_STAGING.replace("row_number, id from", "row_number,\n    lower(id) as id\nfrom")


@pytest.mark.parametrize("file", ["staging/extra", "checks/extra_is_small"])
def test_sql_that_spark_takes_for_something_else_stops_a_feed_on_spark_only(extra: Feeds, file: str) -> None:
    promised = named("extra", RAW, "staging('extra', must=['extra_is_small']), ")
    sound = {"checks/extra_is_small": "-- It is.\nselect id from staging.extra where day = %(day)s and id > 9;"}
    outside = {
        "staging/extra": OUTSIDE,
        "checks/extra_is_small": "-- It is.\nselect id\nfrom staging.extra\nwhere day = %(day)s\nand power(id, 2) > 9;",
    }
    extra.declare(promised, **sound | {file: outside[file]})
    assert "extra" in catalog.feeds()
    extra.declare(promised.replace("owner=", "engine='spark', owner="), **sound | {file: outside[file]})
    assert re.match(rf"sql/{file}\.sql, line [59]: `(LOWER|POWER)\(id", extra.why())


def test_a_file_that_is_no_text_stops_its_feed_only(extra: Feeds) -> None:
    extra.declare(named("extra", RAW))
    (extra.sql / "raw" / "extra.sql").write_bytes(b"-- \xff")
    assert "UnicodeDecodeError" in extra.why()


def test_a_feed_that_reads_tables_of_a_broken_one_waits_with_it(extra: Feeds) -> None:
    """It says whose fault it is, and what mends that."""
    extra.declare(named("extra", "raw('nothing', delivered='x'), ", RAW))
    extra.declare(named("reader", STAGING), "reader")
    assert "reads raw.extra of the feed extra: there is no sql/raw/nothing.sql" in extra.why("reader")
    assert catalog.broken()["reader"].mend == catalog.broken()["extra"].mend


def test_a_feed_whose_reader_is_broken_goes_on(extra: Feeds) -> None:
    extra.declare(named("extra", RAW))
    extra.declare(named("reader", UNKNOWN_CHECK), "reader")
    forget()
    assert list(catalog.broken()) == ["reader"]
    assert "extra" in catalog.feeds()


def test_feeds_that_read_each_other_in_a_circle_are_broken_and_no_others(extra: Feeds) -> None:
    circle = {
        f"staging/{name}": OF_STAGING.replace("staging.extra", f"staging.{name}").replace(
            "raw.extra", f"staging.{other}"
        )
        for name, other in (("extra", "another"), ("another", "extra"))
    }
    for name in ("extra", "another"):
        extra.declare(named(name, f"staging('{name}'), "), name, **circle)
    assert "in a circle" in extra.why("extra")
    assert "in a circle" in extra.why("another")


@pytest.mark.parametrize("ask", [lambda: catalog.feed("extra"), lambda: catalog.table("staging/extra")])
def test_the_feed_and_its_tables_are_answered_with_what_is_wrong(extra: Feeds, ask: Callable[[], object]) -> None:
    extra.declare(named("extra", RAW, UNKNOWN_CHECK))
    with pytest.raises(MendInput, match="the feed extra cannot be loaded: there is no sql") as refused:
        ask()
    assert "write the file" in refused.value.next_step
    with pytest.raises(UsageError, match="there is no feed 'extras'"):
        catalog.feed("extras")


@pytest.mark.parametrize("text", [named("extra", RAW, RAW), "def x(:"])
def test_what_is_delivered_to_a_broken_feed_waits_and_is_not_called_misplaced(extra: Feeds, text: str) -> None:
    keys = ("extra/things/2024-01-02.csv", "sales/x/y.csv")
    lake = [LakeObject(key, 1, "etag", datetime(2024, 1, 2, tzinfo=UTC)) for key in keys]
    extra.declare(text)
    assert [found.key for found, _ in place_all(lake, day(1))[1]] == ["sales/x/y.csv"]


@pytest.mark.few(1)
@pytest.mark.parametrize("selection", ["group:extra", "raw/extra", 'key:"raw/extra"', "raw/extra+"])
def test_a_run_of_it_says_in_one_sentence_what_is_wrong(extra: Feeds, runner: Runner, selection: str) -> None:
    extra.declare(named("extra", RAW, UNKNOWN_CHECK))
    with pytest.raises(MendInput, match="the feed extra cannot be loaded: there is no sql"):
        runner.select(selection)
    assert "raw.extra" not in runner.select("*")


def test_it_is_mailed_once_and_again_when_it_is_loaded(extra: Feeds, services: Services) -> None:
    extra.declare("def x(:")
    feed = Feed("extra", "", "", ())
    now = datetime.now(UTC)
    ((subject, text),) = tell(services, feed, now)
    assert subject == "[acme] the feed extra failed"
    assert "extra.py, line 1: SyntaxError" in text
    assert "acme up" in text
    assert list(tell(services, feed, now)) == []


@pytest.mark.slow
def test_the_ui_shows_it_as_an_asset_with_a_red_check(
    extra: Feeds, services: Services, instance: dg.DagsterInstance
) -> None:
    extra.declare("def x(:")
    specs = {spec.key.to_user_string(): spec for spec in build(services.settings, services).resolve_all_asset_specs()}
    assert "line 1: SyntaxError" in (specs["broken/extra"].description or "")
    assert specs["broken/extra"].group_name == "extra"
    context = dg.build_sensor_context(instance=instance, resources={"services": services})
    looked = sensor()(context)
    assert isinstance(looked, dg.SensorResult)
    (red,) = [
        asset_event for asset_event in looked.asset_events if asset_event.asset_key.to_user_string() == "broken/extra"
    ]
    assert isinstance(red, dg.AssetCheckEvaluation)
    assert (red.passed, "SyntaxError" in (red.description or "")) == (False, True)


def test_two_feeds_with_equal_sensors_are_told_apart(extra: Feeds) -> None:
    extra.declare(named("shop_orders", RAW), "shop_orders")
    build(Settings.from_env({}))
    assert "shop_orders_arrivals has the name of another one" in catalog.broken()["shop_orders"].why


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project with a misspelt check in the feed of the shop."""
    folder = tmp_path / "project"
    for part in ("acme_platform", "acme_assets", "sql", "deploy"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "workspace.yaml"):
        shutil.copy(PROJECT / file, folder)
    module = folder / "acme_assets" / "defs" / "shop.py"
    module.write_text(module.read_text().replace('"best_performing_product_is_the_best"', '"best_performing_is_best"'))
    return folder


def typed(copy: Path, settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(copy),
        "ACME_HOME": str(settings.home),
        "ACME_WAREHOUSE_URL": str(settings.warehouse_url),
        "ACME_DAGSTER_URL": str(settings.warehouse_url),
        "ACME_REDIS_URL": str(settings.redis_url),
        "ACME_FIRST_DAY": "2024-01-01",
    }
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=copy, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_command_goes_on_with_the_others_and_names_it(copy: Path, settings: Settings) -> None:
    why = "there is no sql/checks/best_performing_is_best.sql"

    def said(*words: str) -> tuple[int, str]:
        done = typed(copy, settings, *words)
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    program = "acme_assets.cli_of_the_test"
    (copy / "acme_assets" / "cli_of_the_test.py").write_text("from acme_platform.cli import main; main()")
    for words, code in (
        (("status",), 0),
        (("doctor",), 1),
        (("run", "--days", "2024-01-02"), 1),
        (("run", "--days", "2024-01-02", "--select", "group:shop"), 2),
        (("status", "shop"), 2),
    ):
        found, text = said(program, *words)
        assert why in text, text
        assert found == code, text
    found, text = said(program, "run", "--days", "2024-01-02", "--select", "group:sales")
    assert (found, why in text) == (0, False), text
    found, text = said("acme_platform.registry.catalog")
    assert (found, why in text) == (1, True)
    found, text = said("dagster", "definitions", "validate", "-m", "acme_assets.definitions")
    assert why in text, text
