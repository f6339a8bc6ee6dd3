"""Blanks: what surrounds a value or a title is no part of it, whatever kind of blank it is; and no text is endless."""

import csv
import io

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.ingest.csv.header import read_header
from acme_platform.registry import catalog
from acme_platform.values.blank import bare

#: a blank or something invisible of each kind
BLANKS = (
    " \t\r\n\u0001\u007f\u0085\u00a0\u00ad\u034f\u061c\u115f\u1680\u180e\u2003\u200b\u200c\u200d\u200e\u2028\u202f"
    "\u2060\u2069\u2800\u3000\u3164\ufeff\uffa0\ufffb\U000e0041"
)
SELECTOR = "\ufe0f"


def customers(*countries: str) -> bytes:
    file = io.StringIO()
    rows = [(number, "Ann", country) for number, country in enumerate(countries, 1)]
    csv.writer(file).writerows([("customer_id", "customer_name", "country"), *rows])
    return file.getvalue().encode()


def staged(pipeline: Pipeline, *countries: str) -> list[str | None]:
    """What became of each country; None where its row was refused as missing."""
    pipeline.deliver("customers", day(1), customers(*countries))
    pipeline.fill(day(1), layers=("raw", "staging"), accepts_rejects=True)
    kept = {row["customer_id"]: row["country"] for row in pipeline.ask("select * from staging.sales_customers")}
    missing = pipeline.ask("select row_number from quarantine.rows where reason = 'country is missing'")
    assert len(kept) + len(missing) == len(countries)
    return [kept.get(number) for number in range(1, len(countries) + 1)]


def test_whatever_blanks_surround_it_one_country_is_one_country(pipeline: Pipeline) -> None:
    around = [f"{blank}Norway{blank}" for blank in BLANKS]
    assert set(staged(pipeline, *around, f"Norway{SELECTOR}", f" \u00a0{BLANKS}Norway{BLANKS}\u00a0 ")) == {"Norway"}


def test_a_value_of_nothing_but_blanks_is_missing(pipeline: Pipeline) -> None:
    assert set(staged(pipeline, *BLANKS, SELECTOR, BLANKS)) == {None}


def test_equal_texts_are_equal_bytes(pipeline: Pipeline) -> None:
    assert staged(pipeline, "Co\u0302te d'Ivoire", "C\u00f4te d'Ivoire") == ["C\u00f4te d'Ivoire"] * 2


def test_what_is_part_of_a_text_stays(pipeline: Pipeline) -> None:
    """Blanks and joiners within it, and the selector that belongs to the character before it."""
    texts = ["New\u00a0York", "\u0645\u06cc\u200c\u062e", f"\u2764{SELECTOR}", "\u9089\U000e0110"]
    assert staged(pipeline, *texts) == texts


@pytest.mark.parametrize("blank", [*BLANKS, SELECTOR])
def test_titles_and_values_are_bare_alike(blank: str) -> None:
    assert bare(f"{blank}name{blank}") == "name"


def test_a_header_is_read_whatever_surrounds_its_titles() -> None:
    title = "\u200bb\ufeff"
    assert read_header(f"\u00a0a,{title}\n".encode(), "a.csv", ["a", "b"]).in_file_order == ("a", "b")


def test_blanks_within_a_title_cost_no_more_than_its_length() -> None:
    assert len(bare("a" + " " * 1_000_000 + "b")) == 1_000_002


@pytest.mark.parametrize(
    "country", ["'Peru' || chr(8203)", "chr(160) || 'Peru'", "chr(12288)", "''", "'Co' || chr(770)"]
)
def test_a_country_that_is_not_bare_breaks_the_promise(pipeline: Pipeline, country: str) -> None:
    pipeline.deliver("customers", day(1), customers("Peru", "C\u00f4te d'Ivoire", "\u65e5\u672c"))
    pipeline.fill(day(1), layers=("raw", "staging"))
    statement = f"update staging.sales_customers set country = {country} where customer_id = 1"  # noqa: S608  # a test's
    assert pipeline.breaks("staging.sales_customers", "sales_customers_are_trimmed", day(1), statement)


def test_a_country_without_end_is_refused_and_the_answers_go_on(pipeline: Pipeline) -> None:
    """2,000 bytes are the most, whatever characters they make."""
    pipeline.deliver("customers", day(1), customers("\u5f32" * 4000, "a" * 2001, "\u5f32" * 666, "a" * 2000, "Norway"))
    pipeline.deliver("orders", day(1), "order_id | customer_id | order_date | amount\n1 | 5 | 2024-01-01 | 6.00")
    pipeline.fill(day(1), accepts_rejects=True)
    reason = "country is not a text of at most 2,000 bytes: "
    pipeline.expect(
        "quarantine.rows",
        f"row_number | reason\n1 | {reason}'{chr(0x5F32) * 80}'\n2 | {reason}'{'a' * 80}'",
    )
    pipeline.expect("analytics.sales_by_country where users_counts > 0", "country | order_amount\nNorway | 6.00")


def test_no_key_or_index_can_be_longer_than_an_index_takes() -> None:
    """2,704 bytes a row: one text at most, for the rest of a key is numbers and days.

    The keys of a cache are made of such a key and a number.
    """
    for table in (
        candidate for candidate in catalog.tables().values() if candidate.layer.name in {"staging", "analytics"}
    ):
        kinds = [table.sql.shape[column].type for column in table.sql.shape.key]
        assert kinds.count("text") <= 1, table.full_name
