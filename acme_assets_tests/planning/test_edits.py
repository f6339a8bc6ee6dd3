"""What an edit of a SQL file means, told from its text before and the files that read it now."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import UsageError
from acme_platform.model.sql_file import SqlFile, sql_file
from acme_platform.planning.edits import ADDITIVE, BREAKS, CHANGES, COMMENT_ONLY, Edit, edits, judged
from acme_platform.services import Services

COUNTRY = sql_file("analytics", "sales_by_country")
OLDER = COUNTRY.text.replace("sum(order_amount)", "max(order_amount)")


def without(text: str, *lines: str) -> str:
    """The text without the lines that begin so."""
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(lines))


def edit(file: SqlFile, before: str, now: str | None = None) -> Edit:
    """From a text of before to the file as it is, or to another text."""
    assert before != (now or file.text)
    return judged(SqlFile(file.folder, file.name, before), SqlFile(file.folder, file.name, now or file.text))


def reached(found: Edit) -> list[str]:
    return [line.removeprefix("reaches ") for line in found.lines if line.startswith("reaches ")]


@pytest.mark.parametrize(
    "before",
    [
        COUNTRY.text.replace("-- exact sum", "-- sum"),
        COUNTRY.text.replace("group by country", "GROUP  BY\n country"),
        f"{COUNTRY.text}\ncreate index on analytics.sales_by_country (country);\n",
    ],
    ids=["a comment", "case and spacing", "an index"],
)
def test_what_decides_about_no_row_is_a_comment(before: str) -> None:
    assert edit(COUNTRY, before) == Edit(COUNTRY.where, COMMENT_ONLY)


def test_a_column_more_is_additive_and_reaches_nobody() -> None:
    before = without(COUNTRY.text, "registered_customers", "count(*) as registered_customers")

    assert edit(COUNTRY, before) == Edit(COUNTRY.where, ADDITIVE, ["adds registered_customers"])


def test_a_column_computed_otherwise_changes_answers_down_to_caches_and_questions() -> None:
    found = edit(COUNTRY, OLDER)

    assert found.kind == CHANGES
    assert found.lines[0] == "order_amount was MAX(order_amount), and is SUM(order_amount)"
    assert reached(found)[:2] == ["cache.country (order_amount)", "question sales_by_country"]


def test_what_is_computed_from_other_columns_is_not_reached() -> None:
    """`users_counts` counts orders, and nothing else of a country's row does; who is on top is chosen by them, too."""
    customers = sql_file("analytics", "customer_orders")
    now = customers.text.replace("coalesce(spent.order_count, 0)", "coalesce(spent.order_count, 1)")

    assert reached(edit(customers, customers.text, now))[:3] == [
        "analytics.sales_by_country (users_counts)",
        "analytics.top_paying_customers (customer_id, customer_name, day, order_amount, place)",
        "cache.country (users_counts)",
    ]


def test_another_condition_means_other_rows_and_so_every_column() -> None:
    found = edit(COUNTRY, COUNTRY.text.replace("where day = %(day)s", "where day = %(day)s and country <> ''"))

    assert found.kind == CHANGES
    assert found.lines[0] == "has other rows, or tells them apart otherwise"
    assert reached(found)[0] == "cache.country (key, order_amount, users_counts)"


def test_columns_that_swap_are_both_computed_otherwise() -> None:
    swapped = COUNTRY.text.replace("count(*) as registered_customers", "sum(order_amount) as registered_customers")
    swapped = swapped.replace("sum(order_amount) as order_amount", "count(*) as order_amount")
    found = edit(COUNTRY, swapped)

    assert {line.partition(" ")[0] for line in found.lines[:2]} == {"registered_customers", "order_amount"}


def test_a_column_that_somebody_reads_cannot_go_without_breaking_them() -> None:
    now = without(COUNTRY.text, "users_counts", "count(*) filter")
    found = edit(COUNTRY, COUNTRY.text, now)

    assert found.kind == BREAKS
    assert "breaks cache.country, which reads users_counts" in found.lines
    assert "drops users_counts" in found.lines


def test_a_column_that_nobody_reads_may_go() -> None:
    before = COUNTRY.text.replace("    primary key", "    extra bigint, -- nobody reads it\n    primary key").replace(
        "    sum(order_amount)", "    count(*) as extra,\n    sum(order_amount)"
    )
    found = edit(COUNTRY, before)

    assert (found.kind, found.lines) == (CHANGES, ["drops extra"])


def test_another_type_is_said() -> None:
    found = edit(COUNTRY, COUNTRY.text.replace("users_counts bigint not null", "users_counts integer"))

    assert found.lines[0] == "users_counts was integer, and is bigint not null"


def test_a_part_that_only_gains_a_column_changes_nothing() -> None:
    customers = sql_file("analytics", "customer_orders")
    now = customers.text.replace(
        "        sum(amount) as order_amount", "        max(amount) as most,\n        sum(amount) as order_amount"
    )

    assert edit(customers, customers.text, now).kind == COMMENT_ONLY


def test_views_of_today_are_reached_with_their_table() -> None:
    orders = sql_file("analytics", "open_orders_agg")
    found = edit(orders, orders.text.replace("count(*)", "count(*) + 0", 1))

    assert "the views analytics.open_orders_agg_today, analytics.open_orders_agg_history" in reached(found)[0]


def test_the_sql_that_filled_a_day_is_kept_and_compared_with_the_file(services: Services) -> None:
    deliver(services, 1, orders=1)
    pipeline = Pipeline(services)
    pipeline.fill(day(1))
    assert edits(services, ("analytics.sales_by_country",)) == []

    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute(
            "update ledger.builds set code_version = 'older' where table_name = 'analytics.sales_by_country'"
        )
        cursor.execute(
            "insert into ledger.sql_texts (table_name, code_version, sql_text) values (%s, 'older', %s)",
            ("analytics.sales_by_country", OLDER),
        )
    (found,) = edits(services, ("analytics.sales_by_country",))
    assert (found.where, found.kind) == ("sql/analytics/sales_by_country.sql", CHANGES)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two SQL files and one commit; the folder of its SQL."""
    folder = tmp_path / "repository" / "sql" / "analytics"
    folder.mkdir(parents=True)
    monkeypatch.setattr("acme_platform.planning.texts.company", lambda: SimpleNamespace(sql=folder.parent))
    (folder / "sales_by_country.sql").write_text(OLDER)
    (folder / "sales_by_country.test.md").write_text("## A test stands beside it, and is no SQL\n")
    (folder / "customer_orders.sql").write_text(sql_file("analytics", "customer_orders").text)
    name = "-c", "user.name=T", "-c", "user.email=t@acme.example"
    for words in (("init", "-q"), ("add", "."), (*name, "commit", "-qm", "Begin")):
        subprocess.run(["git", *words], cwd=folder.parent.parent, check=True)  # noqa: S607  # whichever is installed
    return folder


def test_edits_since_a_commit_are_read_from_git(services: Services, repository: Path) -> None:
    (repository / "sales_by_country.sql").write_text(COUNTRY.text)

    (found,) = edits(services, ("analytics.sales_by_country", "analytics.customer_orders"), "HEAD")

    assert (found.where, found.kind) == ("sql/analytics/sales_by_country.sql", CHANGES)


def test_a_column_that_nothing_has_is_said_before_it_is_run() -> None:
    found = edit(COUNTRY, COUNTRY.text, COUNTRY.text.replace("sum(order_amount)", "sum(order_amuont)"))

    assert found.kind == BREAKS
    assert "order_amuont" in found.lines[0]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("reference", ["no-such-branch", "--output=/tmp/x"])
def test_a_commit_that_nobody_knows_is_refused_by_name(services: Services, reference: str) -> None:
    with pytest.raises(UsageError, match=reference):
        edits(services, ("analytics.sales_by_country",), reference)


def test_a_question_that_asks_otherwise_is_said_too() -> None:
    question = sql_file("queries", "country_spenders")
    found = edit(question, question.text.replace("order_amount desc", "order_amount"))

    assert (found.kind, found.lines) == (CHANGES, ["has other rows, or tells them apart otherwise"])
