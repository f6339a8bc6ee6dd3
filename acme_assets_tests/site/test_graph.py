"""The graph: arrows lead to the right, and no two boxes stand on each other."""

from itertools import pairwise

from acme_platform.registry import catalog
from acme_platform.site.graph import HEIGHT, WIDTH, around, graph


def test_each_box_stands_right_of_what_it_reads_and_on_no_other() -> None:
    drawn = graph(catalog.tables().values())

    assert {box.name for box in drawn.boxes} == {*catalog.tables(), *catalog.feeds()}
    assert [arrow for arrow in drawn.arrows if arrow.source.x + WIDTH >= arrow.target.x] == []
    places = sorted((box.x, box.y) for box in drawn.boxes)
    assert all(next_x > x or next_y > y + HEIGHT for (x, y), (next_x, next_y) in pairwise(places))


def test_around_a_table_stands_what_it_is_made_of_and_what_is_made_of_it() -> None:
    drawn = around(catalog.table("analytics.sales_by_country"))

    assert {(arrow.source.name, arrow.target.name) for arrow in drawn.arrows} == {
        ("sales", "raw.sales_customers"),
        ("sales", "raw.sales_orders"),
        ("raw.sales_customers", "staging.sales_customers"),
        ("raw.sales_orders", "staging.sales_orders"),
        ("staging.sales_customers", "analytics.customer_orders"),
        ("staging.sales_orders", "analytics.customer_orders"),
        ("analytics.customer_orders", "analytics.sales_by_country"),
        ("analytics.sales_by_country", "cache.country"),
    }
