"""Dagster's own definitions beside the feeds: loaded as Dagster loads them, and none of them in a feed's way."""

import dagster as dg
import pytest

from acme_assets_tests.model import test_broken_feed
from acme_assets_tests.model.test_broken_feed import RAW, SOUND, Feeds, named
from acme_assets_tests.support.extra import forget
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.deployment.feed_runs import under_way
from acme_platform.errors import UsageError
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

extra = test_broken_feed.extra

ASSET = "import dagster as dg\n\n\n@dg.asset\ndef {}(): ...\n"
DEFINITIONS = "import dagster as dg\n\nDEFS = dg.Definitions([dg.AssetSpec('theirs')])\n"
LAZY = "from dagster import Definitions, asset, definitions\n\n@asset\ndef theirs(): ...\n\n"
LAZY += "@definitions\ndef defs():\n    return Definitions(assets=[theirs])\n"
COMPONENT = "type: .component.Made\nattributes:\n  key: theirs\n"
CLASS = """
import dagster as dg

class Made(dg.Component, dg.Model, dg.Resolvable):
    key: str

    def build_defs(self, context):
        return dg.Definitions(assets=[dg.AssetSpec(self.key)])
"""


def write(extra: Feeds, **files: str) -> None:
    """`a__b_py` is the file `a/b.py`."""
    for name, text in files.items():
        path = extra.modules / (name.replace("__", "/")[::-1].replace("_", ".", 1)[::-1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    forget()


def loaded() -> dg.Definitions:
    return build(Settings.from_env({}))


def theirs(definitions: dg.Definitions) -> set[str]:
    """Assets that are no tables."""
    keys = {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}
    return keys - {name.replace(".", "/") for name in catalog.tables()}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "files",
    [
        {"theirs_py": ASSET.format("theirs")},
        {"theirs_py": DEFINITIONS},
        {"theirs_py": LAZY},
        {"some__theirs_py": ASSET.format("theirs")},
        {"some__deeper__theirs_py": ASSET.format("theirs")},
        {"some__defs_yaml": COMPONENT, "some__component_py": CLASS},
    ],
    ids=["asset", "Definitions", "definitions", "folder", "folder in a folder", "component"],
)
def test_what_dagster_users_write_is_loaded_beside_the_feeds(extra: Feeds, files: dict[str, str]) -> None:
    write(extra, **files)
    found = theirs(loaded())
    assert (list(catalog.feeds()), catalog.broken()) == (SOUND, {})
    assert found == {"theirs"}


@pytest.mark.slow
def test_a_table_is_read_by_their_asset_and_a_client_is_given_to_it(
    extra: Feeds, services: Services, instance: dg.DagsterInstance
) -> None:
    text = """
import dagster as dg
from acme_platform.warehouse.connection import Warehouse

@dg.asset(deps=[dg.AssetKey(["analytics", "customer_orders"])])
def theirs(warehouse: dg.ResourceParam[Warehouse]) -> int:
    with warehouse.transaction("theirs") as at:
        at.execute("select 41 + 1")
        return at.fetchone()[0]
"""
    write(extra, theirs_py=text)
    definitions = build(services.settings, services)
    assert catalog.broken() == {}
    job = definitions.resolve_implicit_global_asset_job_def()
    run = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("theirs")])
    assert run.output_for_node("theirs") == 42


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import dagster as dg\n1 / 0\n", "wrong.py, line 2: ZeroDivisionError"),
        ("import dagster as dg\ndef x(:\n", "wrong.py, line 2: SyntaxError"),
        ("import dagster as dg\nraise SystemExit(3)\n", "wrong.py, line 2: SystemExit: 3"),
        ("import dagster as dg\n@dg.asset(key='raw/sales_orders')\ndef x(): ...\n", "raw"),
        ("import dagster as dg\n@dg.asset\ndef x(nowhere: dg.ResourceParam[int]): ...\n", "nowhere"),
        ("import dagster as dg\n@dg.job\ndef sales(): ...\n", "sales"),
    ],
)
def test_what_dagster_does_not_take_is_told_and_stops_nothing_else(extra: Feeds, text: str, why: str) -> None:
    write(extra, wrong_py=text, right_py=ASSET.format("right"))
    assert theirs(loaded()) == {"right", "broken/wrong"}
    assert list(catalog.feeds()) == SOUND
    assert why in catalog.broken()["wrong"].why
    assert catalog.broken()["wrong"].message.startswith("the module wrong cannot be loaded")


@pytest.mark.parametrize(
    "text",
    [
        "import dagster as dg\nfrom acme_platform.model.table import Feed\n",
        "import dagster as dg\nfeed = Feed()\n",
        "import dagster as dg\nFEED = None\n",
    ],
)
def test_a_module_that_was_meant_to_be_a_feed_is_told_as_a_broken_one(extra: Feeds, text: str) -> None:
    write(extra, extra_py=text)
    assert catalog.broken()["extra"].message.startswith("the feed extra cannot be loaded")


def test_no_command_imports_what_is_dagsters(extra: Feeds) -> None:
    write(extra, wrong_py="import dagster as dg\n1 / 0\n")
    extra.declare(named("extra", RAW))
    forget()
    assert list(catalog.feeds()) == sorted([*SOUND, "extra"])
    assert catalog.broken() == {}


def test_a_run_of_their_assets_holds_up_no_feed_and_acme_run_says_that_they_are_no_tables(
    extra: Feeds, services: Services, instance: dg.DagsterInstance
) -> None:
    write(extra, theirs_py=ASSET.format("theirs"))
    run = dg.DagsterRun(
        "__ASSET_JOB", status=dg.DagsterRunStatus.STARTED, asset_selection=frozenset({dg.AssetKey("theirs")})
    )
    instance.add_run(run)
    assert under_way(instance, catalog.feed("sales")) == []
    with pytest.raises(UsageError, match="'theirs' names no table"):
        Runner(services, instance).select("theirs")
