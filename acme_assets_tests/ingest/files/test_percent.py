"""A percent sign in a column's name is a letter like others, in every layer, whatever the driver takes it for."""

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.differences.asked import of_days
from acme_platform.registry import catalog

RAW, STAGING = "raw.sales_customers", "staging.sales_customers"
CUSTOMERS = "customer_id | customer_name | share % | country\n1 | Ann | {} | Peru"


def test_a_column_with_a_percent_sign_is_loaded_staged_corrected_checked_and_compared(pipeline: Pipeline) -> None:
    with (
        edited(RAW, ("country text", '"share %" text, country text')),
        edited(
            STAGING,
            ("country text not null", '"share %" text not null, country text not null'),
            ("    country\nfrom", '    "share %%",\n    country\nfrom'),
        ),
    ):
        for number, share in ((1, "10 %"), (2, "20 %"), (1, "11 %")):
            pipeline.deliver("customers", day(number), CUSTOMERS.format(share))
            for table in (RAW, STAGING):
                pipeline.fill_table(table, day(number))
        with pipeline.services.open_warehouse().transaction("test") as cursor:
            difference = of_days(cursor, catalog.table(STAGING), day(1), day(2), 5)

        assert pipeline.ask('select "share %" as share from staging.sales_customers order by day') == [
            {"share": "11 %"},
            {"share": "20 %"},
        ]
        assert dict(difference.columns) == {"share %": 1}
        assert pipeline.red(STAGING, day(2)) == pipeline.red(RAW, day(2)) == set()
