"""SQL of a file that PostgreSQL does not take: the file, its line and what is wrong, and never a bug of ours."""

import pytest

from acme_platform.errors import MendInput, OurBug
from acme_platform.model.sql_file import SqlFile
from acme_platform.warehouse.connection import Warehouse
from acme_platform.warehouse.written_sql import written_in

HEAD = "-- One row is a thing.\ncreate table analytics.thing (day date not null, primary key (day));\n\n"


@pytest.mark.parametrize(
    ("select", "said"),
    [
        ("select\n    %(day)s::date as day,\n    totl", r"totl.* does not exist \(sql/analytics/thing.sql, line 6\)"),
        ("select *\nfrom analytics.thingg", r"analytics.thingg.* does not exist \(sql/analytics/thing.sql, line 5\)"),
        ("select count(*) / 0\nfrom pg_class", r"the thing: division by zero \(sql/analytics/thing.sql\)"),
        ("select 'x'::date as day", "invalid input syntax for type date"),
        ("select (select v from (values (1), (2)) as two (v)) as day", "more than one row"),
    ],
)
def test_what_it_says_wrong_is_its_authors_to_mend(warehouse_url: str, select: str, said: str) -> None:
    file = SqlFile("analytics", "thing", HEAD + select + ";")

    with (
        pytest.raises(MendInput, match=said) as refused,
        Warehouse(warehouse_url).transaction("test") as cursor,
        written_in(file, "the thing"),
    ):
        cursor.execute("create temporary table answer as " + file.select, {"day": "2024-01-02"})

    assert refused.value.next_step.startswith("mend sql/analytics/thing.sql")


def test_what_another_statement_says_wrong_stays_a_bug_of_ours(warehouse_url: str) -> None:
    with pytest.raises(OurBug), Warehouse(warehouse_url).transaction("test") as cursor:
        cursor.execute("select totl")
