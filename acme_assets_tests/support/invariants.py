"""What holds in the warehouse and Redis at any moment, and what they hold that must not depend on the way there.

Belongs here: judging a state of the sales feed over the first three days of January. Not here: how it came about.
"""

from collections.abc import Iterator

from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.registry import catalog

DAYS = (day(1), day(2), day(3))
CONTENTS = {
    "raw.sales_customers": "select day, file, row_number, customer_id, customer_name, country from raw.sales_customers",
    "raw.sales_orders": "select day, file, row_number, order_id, customer_id, order_date, amount from raw.sales_orders",
    "staging.sales_customers": "select * from staging.sales_customers",
    "staging.sales_orders": "select * from staging.sales_orders",
    "analytics.customer_orders": "select * from analytics.customer_orders",
    "analytics.sales_by_country": "select * from analytics.sales_by_country",
    "analytics.top_paying_customers": "select * from analytics.top_paying_customers",
    "quarantine": "select table_name, day, file, row_number, reason, record from quarantine.rows",
    "ledger": "select table_name, day, file, checksum, rows_in, rows_kept, rows_rejected from ledger.deliveries"
    " where state = 'visible'",
    "left over": "select relname from pg_class where relnamespace = 'raw_files'::regnamespace and relkind = 'r'"
    " and not relispartition",
}


def violations(pipeline: Pipeline) -> list[str]:
    """What must hold at any moment, and does not."""
    return [*_visible(pipeline), *_counted(pipeline), *_chained(pipeline), *_shown(pipeline)]


def _visible(pipeline: Pipeline) -> Iterator[str]:
    """The rows of raw are those of the visible files, and a file is visible once."""
    for table in FEED.deliveries.values():
        for on in DAYS:
            if "rows_accounted_for" in pipeline.red(table.full_name, on):
                yield f"{table.full_name} of {on} is not as in the ledger"
    twice = "select file from ledger.deliveries where state = 'visible' group by file having count(*) > 1"
    yield from (f"{row['file']} is visible twice" for row in pipeline.ask(twice))


def _counted(pipeline: Pipeline) -> Iterator[str]:
    for name in CONTENTS.keys() & catalog.tables().keys():
        for row in pipeline.ask(
            f"select day, row_count, (select count(*) from {name} where day = builds.day) as there"  # noqa: S608
            " from ledger.builds where table_name = %(name)s",
            {"name": name},
        ):
            if row["there"] != row["row_count"]:
                yield f"{name} of {row['day']} has {row['there']} rows, not {row['row_count']}"


def _chained(pipeline: Pipeline) -> Iterator[str]:
    """Each version ends on the day on which the next one begins."""
    for name, key in (("staging.sales_customers", "customer_id"), ("staging.sales_orders", "order_id")):
        if pipeline.ask(
            f"select 1 from (select valid_to, lead(day) over (partition by {key} order by day) as following"  # noqa: S608
            f" from {name}) as versions where valid_to is distinct from following"
        ):
            yield f"{name} has a torn chain"


def _shown(pipeline: Pipeline) -> Iterator[str]:
    """Redis is what the cache was last given, or (killed before it could say so) what the newest day says."""
    fields = "users_counts::text, order_amount::text"
    given = pipeline.ask(f"select key, {fields} from cache.country")  # noqa: S608
    newest = pipeline.ask(
        f"select 'country:' || country as key, {fields} from analytics.sales_by_country where day = '2024-01-03'"  # noqa: S608
    )
    if pipeline.hashes() not in [{row.pop("key"): row for row in state} for state in (given, newest)]:
        yield "redis holds half a state"


def contents(pipeline: Pipeline) -> dict[str, object]:
    """Everything that must not depend on what happened on the way."""
    rows = {name: sorted(map(str, pipeline.ask(query))) for name, query in CONTENTS.items()}
    return {**rows, "redis": pipeline.hashes()}
