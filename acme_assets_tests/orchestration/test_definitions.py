"""What Dagster is told of every table before any run, and that loading it touches nothing."""

import os
import pkgutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

import acme_assets
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.model import sql_file
from acme_platform.registry import catalog
from acme_platform.services import Services

PROJECT = Path(__file__).parents[2]

#: what each asset of the sales feed is made of, read from the SQL files by a person
MADE_OF = {
    "raw/sales_customers": set(),
    "raw/sales_orders": set(),
    "staging/sales_customers": {"raw/sales_customers"},
    "staging/sales_orders": {"raw/sales_orders"},
    "analytics/customer_orders": {"staging/sales_customers", "staging/sales_orders"},
    "analytics/sales_by_country": {"analytics/customer_orders"},
    "analytics/top_paying_customers": {"analytics/customer_orders"},
    "cache/country": {"analytics/sales_by_country"},
}
STANDING = {"schema_as_declared", "key_unique", "not_null"}
MUST = {
    "raw/sales_customers": {"schema_as_declared", "rows_accounted_for"},
    "raw/sales_orders": {"schema_as_declared", "rows_accounted_for"},
    "staging/sales_customers": STANDING | {"rows_accounted_for", "sales_customers_are_trimmed"},
    "staging/sales_orders": STANDING | {"rows_accounted_for"},
    "analytics/customer_orders": STANDING | {"customer_orders_sum_to_staged_orders"},
    "analytics/sales_by_country": STANDING | {"sales_by_country_sums_to_customer_orders"},
    "analytics/top_paying_customers": STANDING | {"top_paying_customers_are_the_top"},
    "cache/country": STANDING | {"redis_equals_table"},
}
#: of the table as a whole
WHOLE = {"no_day_is_lacking"}
FILLED = WHOLE | {"one_sql_for_all_days"}
SHOULD = {
    "raw/sales_customers": WHOLE | {"columns_as_declared", "deliveries_in_lake", "something_delivered"},
    "raw/sales_orders": WHOLE | {"columns_as_declared", "deliveries_in_lake", "something_delivered"},
    "staging/sales_customers": FILLED,
    "staging/sales_orders": FILLED | {"sales_orders_not_from_the_future"},
    "analytics/customer_orders": FILLED | {"sales_orders_of_unknown_customers"},
    "analytics/sales_by_country": FILLED,
    "analytics/top_paying_customers": FILLED,
    "cache/country": FILLED | {"redis_is_current"},
}
#: what an asset of each layer is filled with and where it stands
KINDS = {
    "raw": {"postgres"},
    "staging": {"sql", "postgres"},
    "analytics": {"sql", "postgres"},
    "cache": {"sql", "redis"},
    "export": {"sql", "csv"},
}
EVERY = [name.replace(".", "/") for name in catalog.tables()]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings.from_env({}))


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    graph = definitions.resolve_asset_graph()
    return {node.key.to_user_string(): node.to_asset_spec() for node in graph.asset_nodes}


def checks(definitions: dg.Definitions, *, blocking: bool) -> dict[str, set[str]]:
    """Of the sales feed."""
    graph = definitions.resolve_asset_graph()
    found: dict[str, set[str]] = {}
    for key in graph.asset_check_keys:
        if graph.get_check_spec(key).blocking is blocking and key.asset_key.to_user_string() in MADE_OF:
            found.setdefault(key.asset_key.to_user_string(), set()).add(key.name)
    return found


def test_every_table_is_one_asset_named_by_its_path_and_made_of_what_its_sql_reads(
    specs: dict[str, dg.AssetSpec],
) -> None:
    made_of = {name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in specs.items()}
    assert {name: made_of[name] for name in MADE_OF} == MADE_OF
    assert made_of.keys() == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_every_asset_says_what_it_is_whose_it_is_and_where_it_stands(specs: dict[str, dg.AssetSpec], name: str) -> None:
    spec, layer = specs[name], name.partition("/")[0]
    assert spec.description is not None
    assert spec.description.startswith("One row is ")
    (feed,) = [feed for feed in catalog.feeds().values() if catalog.table(name) in feed.tables]
    assert (spec.group_name, spec.owners) == (feed.name, [feed.owner])
    assert spec.kinds == {layer} | KINDS[layer] | ({"csv"} if catalog.table(name).delivered else set())
    assert spec.tags.items() >= {("feed", feed.name), ("layer", layer)}
    assert spec.metadata["dagster/table_name"] == name.replace("/", ".")


def test_every_asset_links_to_where_its_contents_are_and_never_to_an_address(specs: dict[str, dg.AssetSpec]) -> None:
    uris = {name: spec.metadata["dagster/uri"] for name, spec in specs.items()}
    assert uris["raw/sales_orders"] == "lake:sales/orders/"
    assert uris["staging/sales_orders"] == "postgresql:warehouse/staging.sales_orders"
    assert uris["cache/country"] == "redis:country:*"
    assert [uri for uri in uris.values() if "@" in uri or "//" in uri] == []


@pytest.mark.parametrize("name", EVERY)
def test_every_asset_links_to_its_sql_file(specs: dict[str, dg.AssetSpec], name: str) -> None:
    (link,) = specs[name].metadata["dagster/code_references"].code_references
    assert Path(link.file_path) == PROJECT / "sql" / f"{name}.sql"
    assert Path(link.file_path).is_file()


@pytest.mark.parametrize("name", EVERY)
def test_every_column_has_a_type_and_a_meaning(specs: dict[str, dg.AssetSpec], name: str) -> None:
    columns = specs[name].metadata["dagster/column_schema"].columns
    assert columns
    assert [column.name for column in columns if not column.type or not column.description] == []


def test_a_columns_description_ends_with_the_columns_it_is_made_of(specs: dict[str, dg.AssetSpec]) -> None:
    """The open-source UI draws no column lineage."""
    schema = specs["analytics/customer_orders"].metadata["dagster/column_schema"]
    (amount,) = [column for column in schema.columns if column.name == "order_amount"]
    assert amount.type == "numeric(18,2)"
    assert amount.description == "exact sum of their amounts ← staging.sales_orders.amount"


def test_the_code_version_changes_with_the_sql_and_only_with_it() -> None:
    text = sql_file.sql_file("analytics", "sales_by_country").text
    versions = [
        sql_file.SqlFile("analytics", "sales_by_country", given).code_version
        for given in (text, text, text.replace("count(*) as registered", "1 + count(*) as registered"))
    ]
    assert versions[0] == versions[1] != versions[2]


def test_every_asset_carries_the_code_version_of_its_sql(specs: dict[str, dg.AssetSpec]) -> None:
    wanted = {name: catalog.table(name).code_version for name in EVERY}
    assert {name: spec.code_version for name, spec in specs.items()} == wanted
    assert len(set(wanted.values())) == len(wanted)


def test_all_assets_share_one_set_of_days_and_one_run_takes_a_whole_range_checks_included(
    definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]
) -> None:
    """Different policies or days in one chain would cut a range into a run a day; a check takes the days of its run."""
    graph = definitions.resolve_asset_graph()
    assert len({spec.partitions_def for spec in specs.values()}) == 1
    assert {graph.get_check_spec(key).partitions_def for key in graph.asset_check_keys} == {None}
    assert {node.backfill_policy for node in graph.asset_nodes} == {dg.BackfillPolicy.multi_run(100)}


def test_the_days_begin_with_the_first_day_and_end_with_today() -> None:
    spec = next(iter(build(Settings.from_env({"ACME_FIRST_DAY": "2024-02-28"})).resolve_all_asset_specs()))
    assert spec.partitions_def is not None
    keys = spec.partitions_def.get_partition_keys(datetime(2024, 3, 1, 0, 30, tzinfo=UTC))
    assert keys == ["2024-02-28", "2024-02-29", "2024-03-01"]


def test_a_check_blocks_what_follows_exactly_when_it_is_a_must(definitions: dg.Definitions) -> None:
    assert checks(definitions, blocking=True) == MUST
    assert checks(definitions, blocking=False) == SHOULD


def test_every_check_says_what_it_promises(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert [key for key in graph.asset_check_keys if not graph.get_check_spec(key).description] == []


def test_each_feed_has_its_two_sensors_and_all_are_on(definitions: dg.Definitions) -> None:
    """Said explicitly: an unsaid default is stopped, and files would lie in the lake for ever."""
    sensors = list(definitions.sensors or [])
    wanted = {f"{feed.name}_{what}" for feed in catalog.feeds().values() for what in ("arrivals", "refresh")}
    assert {sensor.name for sensor in sensors} >= wanted
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}


@pytest.mark.slow
def test_importing_any_module_reads_nothing_from_the_environment(tmp_path: Path) -> None:
    """With values that every reader of them refuses, and a home that cannot be made."""
    modules = [module.name for module in pkgutil.walk_packages(acme_assets.__path__, "acme_assets.")]
    (tmp_path / "file").touch()
    names = ("WAREHOUSE_URL", "DAGSTER_URL", "REDIS_URL", "LAKE_URL", "FIRST_DAY")
    poison = {"ACME_HOME": str(tmp_path / "file" / "home"), **{f"ACME_{name}": "nonsense://" for name in names}}
    program = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *modules],
        env={"PATH": os.environ["PATH"], **poison},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "acme_assets.definitions" in modules
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.slow
def test_the_daemon_does_not_wait_for_what_only_some_runs_need() -> None:
    """Each of them takes a tenth of a second and more to import, and more memory than the definitions."""
    some = {"numpy", "pandas", "boto3", "dagster_aws"}
    program = f"import sys, acme_assets.definitions; sys.exit(' '.join(sorted({some} & sys.modules.keys())))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""


def test_loading_the_definitions_starts_no_server_and_writes_nothing(tmp_path: Path) -> None:
    settings = Settings.from_env({"ACME_HOME": str(tmp_path / "home")})
    build(settings, Services(settings)).resolve_implicit_global_asset_job_def()
    assert not (tmp_path / "home").exists()
