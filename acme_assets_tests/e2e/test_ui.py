"""What a person does first: looks at the graph, clicks, and wants to see what came of it and what went wrong.

Each test has days, customers and countries of its own. Answers as of a day hold everything delivered up to it, so a
test asks for what is its own, or asks a day before all others.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from acme_assets_tests.e2e.conftest import DAYS
from acme_assets_tests.e2e.page import CHROMIUM, Ui
from acme_assets_tests.e2e.platform import STOP_SENSOR, Platform
from acme_platform.day import today

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium here: apt-get install --no-install-recommends chromium fonts-dejavu-core",
    ),
]

TODAY = today()
#: a feed is a group; the graph of all of them shows each as one box
SALES = "/locations/acme_assets/asset-groups/sales/lineage"
RAW_ORDERS, CUSTOMER_ORDERS = "/assets/raw/sales_orders", "/assets/analytics/customer_orders"

REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "acme_assets"}
START_SENSOR = """mutation ($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) {
    __typename ... on PythonError { message } } }"""


def day(number: int) -> date:
    """The platform's days count from 0 to 27, which is today."""
    return TODAY - DAYS + timedelta(days=number)


def test_the_graph_leads_from_the_delivered_files_to_redis(ui: Ui) -> None:
    ui.open(SALES)

    assert ui.edges() == {
        ("raw/sales_customers", "staging/sales_customers"),
        ("raw/sales_orders", "staging/sales_orders"),
        ("staging/sales_customers", "analytics/customer_orders"),
        ("staging/sales_orders", "analytics/customer_orders"),
        ("analytics/customer_orders", "analytics/sales_by_country"),
        ("analytics/customer_orders", "analytics/top_paying_customers"),
        ("analytics/sales_by_country", "cache/country"),
    }


@pytest.mark.slow
def test_the_page_of_an_asset_says_what_it_is_whose_it_is_and_how_it_stands(platform: Platform, ui: Ui) -> None:
    """Of three orders one cannot be read: two rows are there, one is quarantined.

    Checks run again by a click of their own, which names no day: they judge the newest.
    """
    platform.feed.deliver(
        "orders",
        day(14),
        """
        order_id | customer_id | order_date | amount
        1401     | 140         | 2024-01-01 | 10.00
        1402     | 140         | 2024-01-01 | 5.50
        1403     | 140         | 2024-01-01 | a lot
        """,
    )
    ran = platform.acme("run", "--days", day(14), "--select", "group:sales")
    assert ran.returncode == 0, ran.stderr

    ui.open("/assets/staging/sales_orders?view=overview")

    ui.sees("One row is one version of an order: what a delivery said")
    ui.sees(re.compile(r"Row count\s+2\b"))
    ui.sees(re.compile(r"Latest check results\s+7\b"))
    ui.sees(re.compile(r"Owners\s+sales\b"))
    ui.sees(re.compile(r"order_date\s+date\s+non-nullable\s+when it was ordered ← raw\.sales_orders\.order_date"))
    ui.sees(re.compile(r"rows_quarantined\s+[^\n]+\s+1\b"))
    ui.open(f"{RAW_ORDERS}?view=overview")
    ui.sees(re.compile(rf"files_at\s+[^\n]+\s+\S+/sales/orders/{day(14)}\.csv\b"))
    ui.open("/assets/staging/sales_orders?view=checks&checkDetail=rows_accounted_for")
    ui.sees("Rows of raw.sales_orders = rows kept + rows quarantined.")
    ui.sees(re.compile(r"sales_orders_not_from_the_future\s+Succeeded"))

    ui.click("Execute all")

    ui.sees(re.compile(r"Launched run \w{8}"))
    assert platform.finished()[0].status == "SUCCESS"


def test_a_day_is_materialized_by_clicking_down_to_redis(platform: Platform, ui: Ui) -> None:
    """Norway: Ada ordered for 10.00 and 5.50, Bo nothing. Peru: Cleo for 7.25."""
    platform.feed.deliver(
        "customers",
        day(26),
        """
        customer_id | customer_name | country
        261         | Ada           | Norway
        262         | Bo            | Norway
        263         | Cleo          | Peru
        """,
    )
    platform.feed.deliver(
        "orders",
        day(26),
        """
        order_id | customer_id | order_date | amount
        2601     | 261         | 2024-01-01 | 10.00
        2602     | 261         | 2024-01-01 | 5.50
        2603     | 263         | 2024-01-01 | 7.25
        """,
    )
    ui.open(SALES)

    ui.materialize("Materialize all…", day(26), day(26))

    (run,) = platform.finished(partition=day(26))
    assert run.status == "SUCCESS"
    platform.feed.expect(
        f"analytics.sales_by_country where day = '{day(26)}' and country in ('Norway', 'Peru')",
        """
        country | users_counts | registered_customers | order_amount
        Norway  | 1            | 2                    | 15.50
        Peru    | 1            | 1                    | 7.25
        """,
    )
    hashes = platform.feed.hashes()
    assert hashes["country:Norway"] == {"users_counts": "1", "order_amount": "15.50"}
    assert hashes["country:Peru"] == {"users_counts": "1", "order_amount": "7.25"}
    ui.open(f"/assets/cache/country?view=partitions&partition={day(26)}")
    ui.sees(re.compile(rf"day_in_redis\s+{day(26)}"))


@pytest.mark.slow
def test_a_week_launched_from_the_dialog_is_one_run_with_a_row_count_for_each_day(platform: Platform, ui: Ui) -> None:
    """The first day has one order, the seventh seven; these are the first days of all."""
    week = [day(number) for number in range(7)]
    platform.feed.deliver("customers", week[0], "customer_id | customer_name | country\n1 | Dee | Chile")
    for number, one in enumerate(week):
        orders = [f"{number}{order} | 1 | 2024-01-01 | 2.00" for order in range(1, number + 2)]
        platform.feed.deliver("orders", one, "\n".join(["order_id | customer_id | order_date | amount", *orders]))
    ui.open(SALES)

    ui.materialize("Materialize all…", week[0], week[-1])

    (run,) = platform.finished(asset_partition_range_start=week[0])
    assert run.status == "SUCCESS"
    assert run.tags["dagster/asset_partition_range_end"] == str(week[-1])
    assert platform.runs(backfill=run.tags["dagster/backfill"]) == [run]
    assert list(platform.row_counts("raw.sales_orders", *week).values()) == [1, 2, 3, 4, 5, 6, 7]
    assert list(platform.row_counts("analytics.customer_orders", *week).values()) == [1] * 7
    platform.feed.expect(
        f"analytics.customer_orders where day = '{week[6]}'",
        """
        customer_name | order_count | order_amount
        Dee           | 28          | 56.00
        """,
    )
    ui.open(f"/runs/b/{run.tags['dagster/backfill']}")
    ui.sees(re.compile(rf"{week[0]}.+{week[-1]}"))
    ui.open(f"{RAW_ORDERS}?view=partitions&partition={week[4]}")
    ui.sees(re.compile(r"dagster/row_count\s+5\b"))


@pytest.mark.slow
def test_a_red_check_shows_the_broken_rows_and_stops_what_reads_the_table(platform: Platform, ui: Ui) -> None:
    """Of two loaded orders somebody deletes one by hand; the file is not read again, but its rows are counted again."""
    file = platform.feed.deliver(
        "orders",
        day(12),
        """
        order_id | customer_id | order_date | amount
        1201     | 120         | 2024-01-01 | 10.00
        1202     | 120         | 2024-01-01 | 5.50
        """,
    )
    ui.open(f"{RAW_ORDERS}?view=overview")
    ui.materialize("Materialize…", day(12), day(12))
    assert [run.status for run in platform.finished(partition=day(12))] == ["SUCCESS"]

    platform.feed.change("delete from raw.sales_orders where order_id = '1202'")
    ui.open(f"{RAW_ORDERS}?view=overview")
    ui.materialize("Materialize…", day(12), day(12))
    assert platform.finished(2, partition=day(12))[0].status == "FAILURE"

    ui.open(f"{RAW_ORDERS}?view=checks&checkDetail=rows_accounted_for")
    ui.sees(re.compile(r"rows_accounted_for\s+Failed"))
    ui.sees(f"rows that break it: 1 of {day(12)}")
    ui.page.get_by_text("[Show Markdown]").click()
    ui.sees(re.compile(r"rows_in\b.*rows_kept\b", re.DOTALL))
    ui.sees(re.compile(rf"{file}\b.*\b2\b.*\b1\b", re.DOTALL))

    ui.open("/assets/staging/sales_orders?view=overview")
    ui.materialize("Materialize…", day(12), day(12))
    blocked = platform.finished(3, partition=day(12))[0]
    assert blocked.status == "FAILURE"
    ui.open(f"/runs/{blocked.run_id}")
    ui.sees(f"staging.sales_orders of {day(12)} waits: the check rows_accounted_for is red on raw.sales_orders")


@pytest.mark.slow
def test_around_a_refused_file_the_good_days_are_there_and_the_bad_one_says_why(platform: Platform, ui: Ui) -> None:
    good = "order_id | customer_id | order_date | amount\n{} | 1 | 2024-01-01 | 2.00"
    platform.feed.deliver("orders", day(8), good.format(801))
    refused = platform.feed.deliver(
        "orders", day(9), b'order_id,customer_id,order_date,amount\n901,1,"2024-01-01,2.00\n'
    )
    platform.feed.deliver("orders", day(10), good.format(1001))

    assert platform.acme("run", "--days", f"{day(8)}..{day(10)}", "--select", "raw/sales_orders").returncode == 1

    (run,) = platform.finished(asset_partition_range_start=day(8), asset_partition_range_end=day(10))
    assert run.status == "FAILURE"
    assert platform.row_counts("raw.sales_orders", day(8), day(9), day(10)) == {str(day(8)): 1, str(day(10)): 1}
    for number, says in (
        (8, r"dagster/row_count\s+1\b"),
        (9, rf"{run.run_id[:8]} failed, and did not materialize this asset"),
        (10, r"dagster/row_count\s+1\b"),
    ):
        ui.open(f"{RAW_ORDERS}?view=partitions&partition={day(number)}")
        ui.sees(re.compile(says))
    ui.open(f"/runs/{run.run_id}")
    ui.sees(refused)
    ui.sees("1 of 3 days refused, the others are done")


@pytest.mark.slow
def test_the_list_of_runs_names_the_job_of_the_feed(platform: Platform, ui: Ui) -> None:
    """Of a run that the feed's sensor asked for, the Target was empty."""
    platform.feed.deliver("customers", day(20), "customer_id | customer_name | country\n2001 | Eve | Malta")
    sensor = next(one["sensorState"]["id"] for one in platform.sensors() if one["name"] == "sales_arrivals")
    platform.ask(START_SENSOR, sensor={**REPOSITORY, "sensorName": "sales_arrivals"})

    (run,) = platform.finished(sensor_name="sales_arrivals")

    platform.ask(STOP_SENSOR, id=sensor)
    assert run.status == "SUCCESS"
    ui.open("/runs")
    ui.sees(run.run_id[:8])
    expect(ui.page.locator('a[href$="/locations/acme_assets/jobs/sales"]').first).to_be_visible()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/overview/activity/timeline", "Timeline"),
        ("/assets", "analytics / customer_orders"),
        ("/automation", "sales_arrivals"),
        ("/locations/acme_assets/sensors/sales_arrivals", "Watches sales/customers/ and sales/orders/"),
        ("/locations/acme_assets/resources", "lake"),
        ("/locations/acme_assets/resources/warehouse", "ACME_WAREHOUSE_URL; unset, the embedded server"),
        ("/deployment/locations", "acme_assets"),
        ("/deployment/daemons", "Sensors"),
        ("/deployment/config", "PostgresRunStorage"),
        (f"{CUSTOMER_ORDERS}?view=lineage", "customer_orders"),
        (f"{CUSTOMER_ORDERS}?view=events", "customer_orders"),
    ],
)
def test_no_page_asks_another_machine_tells_a_password_or_logs_an_error(ui: Ui, path: str, says: str) -> None:
    """The window itself complains, here and in every other test."""
    ui.open(path)

    ui.sees(says)
