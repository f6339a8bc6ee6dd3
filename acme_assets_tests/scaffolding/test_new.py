"""`acme new` writes what loads, what its test holds for, and what runs at once; and nothing over what stands.

That a new feed's day runs: `test_docs.py`, by the page about it.
"""

from pathlib import Path

import pytest

from acme_assets_tests.support.pipeline import environment
from acme_assets_tests.support.project import Project
from acme_platform.config.settings import Settings

#: names that SQL or the platform take for their own, in other scripts, with blanks; values with commas and quotes
ODD = (
    "Order ID,select,day,Größe,note,paid,percent %\n"
    '7,a,2024-01-01,1.5,"x, y",true,1\n8,b,2024-01-01,-,"it\'s",false,2\n9,b,2024-01-01,2,z,true,3\n'
)
#: an installed package, as `importlib.metadata` finds one: the feeds of a company that has none yet
GLOBEX = {
    "globex-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: globex\nVersion: 1\n",
    "globex-1.dist-info/entry_points.txt": "[acme_platform.company]\nglobex = globex:COMPANY\n",
    "globex/__init__.py": "from pathlib import Path\nfrom acme_platform.model.company import Company\n"
    "COMPANY = Company(feeds='globex.feeds', sql=Path(__file__).parent / 'sql')\n",
    "globex/feeds/__init__.py": "",
}


@pytest.fixture
def project(tmp_path: Path, settings: Settings) -> Project:
    variables = {name: value for name, value in environment(settings).items() if name.startswith("ACME_")}
    made = Project(tmp_path / "project", variables)
    (made.root / "odd.csv").write_text(ODD)
    (made.root / "orders.csv").write_text("order_id,customer_id,order_date,amount\n1,7,2024-01-01,10.00\n")
    return made


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path


@pytest.mark.slow
def test_a_feed_of_odd_names_runs_its_day_and_its_test(project: Project) -> None:
    printed = project.succeed(
        "acme new feed odd --from odd.csv && acme test odd && acme deliver odd odd odd.csv --day 2024-01-02"
        " && acme run --select group:odd --days 2024-01-02"
        " && acme psql -At -c 'select order_id, odd_select, odd_day, grosse, note, percent from staging.odd order by 1'"
    )

    assert "2 of 2 cases hold, of 2 SQL files" in printed
    assert printed.splitlines()[-3:] == [
        "7|a|2024-01-01|1.50|x, y|1",
        "8|b|2024-01-01||it's|2",
        "9|b|2024-01-01|2.00|z|3",
    ]


@pytest.mark.slow
def test_a_table_a_check_and_a_question_are_written_with_tests_that_hold(project: Project) -> None:
    printed = project.succeed(
        "acme new table refunds --feed sales --from odd.csv --key 'Order ID'"
        " && acme new check --from orders.csv && acme new check odd_amounts --from staging.sales_refunds"
        " && acme new question --from analytics.sales_by_country && acme new question refunds"
        " --from staging.sales_refunds"
        " && acme test staging.sales_refunds checks/sales_orders_order_date_is_not_in_the_future checks/odd_amounts"
        " queries/refunds queries/sales_by_country_as_of"
    )

    assert printed.splitlines()[-1].startswith("5 of 5 cases hold")
    assert "written sql/checks/sales_orders_order_date_is_not_in_the_future.sql" in printed
    assert (
        'staging("sales_refunds", should=["odd_amounts"])' in (project.root / "acme_assets/defs/sales.py").read_text()
    )


@pytest.mark.slow
def test_the_first_feed_of_another_company_is_made_the_same_way(project: Project) -> None:
    """Its modules and its SQL go where its package says, and nothing of ours is touched."""
    for path, text in GLOBEX.items():
        (project.root / path).parent.mkdir(parents=True, exist_ok=True)
        (project.root / path).write_text(text)
    before = _files(project.root)

    printed = project.succeed(
        "acme new feed odd --from odd.csv && acme test && acme deliver odd odd odd.csv --day 2024-01-02"
        " && acme run --days 2024-01-02 && acme psql -At -c 'select sum(row_count) from analytics.odd_per_odd_select'"
    )

    assert "written globex/feeds/odd.py" in printed
    assert "2 of 2 cases hold, of 2 SQL files" in printed
    assert printed.splitlines()[-1] == "3"
    assert _files(project.root) == before


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("acme new feed sales --from odd.csv", "there is a feed sales"),
        ("acme new feed sales_orders --from odd.csv", "raw/sales_orders.sql"),
        ("acme new feed 1st --from odd.csv", "'1st' is no name of a feed"),
        ("acme new feed odd --from odd.csv --key selct", "there is no column selct"),
        ("acme new feed odd --from odd.csv --key select", "rows that come again and lose: 1"),
        ("acme new table orders --feed sales --from odd.csv", "the feed sales has deliveries of orders"),
        ("acme new table odd --feed sails --from odd.csv", "there is no feed 'sails'"),
        ("acme new check --from odd.csv", "no tables take such files"),
        ("acme new check sales_customers_are_trimmed --from staging.sales_orders", "sales_customers_are_trimmed.sql"),
        ("acme new question top_dates --from staging.sales_orders", "top_dates.sql"),
        ("acme new question --from raw.sales_orders", "raw.sales_orders holds nothing to be asked"),
        (
            "printf 'a,b\\n1,1\\n1,1\\n' > twice.csv; acme new feed --from twice.csv",
            "name the key: --key COLUMN,COLUMN",
        ),
        ("printf 'a,b\\n' > none.csv; acme new feed --from none.csv", "none.csv has no rows"),
    ],
)
@pytest.mark.few(3)
def test_what_cannot_be_made_is_said_and_nothing_is_written(project: Project, command: str, says: str) -> None:
    before = _files(project.root)

    done = project.run(command)

    if done.returncode:
        assert done.returncode == 2, done.stderr
        assert says in done.stderr
        assert _files(project.root) == before
    else:
        assert says in done.stdout


def _files(root: Path) -> dict[Path, bytes]:
    watched = (*(root / "sql").rglob("*"), *(root / "acme_assets/defs").glob("*.py"))
    return {path: path.read_bytes() for path in watched if path.is_file()}
