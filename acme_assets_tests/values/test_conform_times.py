"""Conforming of times and flags, and of rules that speak of the delivery's day: what a bookings file may hold."""

import csv
import io

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.model.sql_file import SqlFile
from acme_platform.registry import catalog
from acme_platform.services import Services

#: text of a cell, what it becomes in UTC; None where it is refused
TIMES = {
    "2022-10-19 05:39:41.448694 UTC": "2022-10-19 05:39:41.448694+00:00",
    "2022-10-19 05:39:41.500 UTC": "2022-10-19 05:39:41.500000+00:00",
    "2022-10-19 05:39:41 UTC": "2022-10-19 05:39:41+00:00",
    "2022-10-19 05:39:41 utc": "2022-10-19 05:39:41+00:00",
    "2022-10-19 05:39:41": "2022-10-19 05:39:41+00:00",
    "2022-10-19 05:39:41.4": "2022-10-19 05:39:41.400000+00:00",
    "2022-10-19": "2022-10-19 00:00:00+00:00",
    '"2022-10-19"': "2022-10-19 00:00:00+00:00",
    "2022-10-19 05:39:41 Europe/Berlin": "2022-10-19 03:39:41+00:00",
    "2022-10-19 05:39:41 Japan": "2022-10-18 20:39:41+00:00",
    "2022-10-19 05:39:41Z": "2022-10-19 05:39:41+00:00",
    "2022-10-19 05:39:41 UTC+3": "2022-10-19 02:39:41+00:00",
    "2022-10-19 05:39:41 GMT+3": "2022-10-19 02:39:41+00:00",
    "2022-10-19 05:39:41 UTC-05:00": "2022-10-19 10:39:41+00:00",
    "2022-10-19 01:30:00 UTC+3": "2022-10-18 22:30:00+00:00",
    "2022-10-19 05:39:41 -00:30": "2022-10-19 06:09:41+00:00",
    "2022-10-19 05:39:41+14:00": "2022-10-18 15:39:41+00:00",
    "2022-10-19 05:39:41 Etc/GMT+3": "2022-10-19 08:39:41+00:00",
    "\u00a0\ufeff2022-10-19 05:39:41 UTC\u200b": "2022-10-19 05:39:41+00:00",
    "2022-10-19 05:39:41+02": "2022-10-19 03:39:41+00:00",
    "2022-10-19 05:39:41.448694-02:30": "2022-10-19 08:09:41.448694+00:00",
    "": "None",
    "NULL": "None",
    '"NULL"': "None",
    "2022-10-19 05:39:41.4486949 UTC": None,
    "2022-10-19 05:39:60 UTC": None,
    "2022-10-19 24:00:00 UTC": None,
    "2022-10-19 25:00:00 UTC": None,
    "2022-02-30 05:39:41 UTC": None,
    "2022-02-30": None,
    "2022-10-1Z": None,
    "2022-10-19 05:39 UTC": None,
    "2022-10-19 allballs": None,
    "19.10.2022 05:39:41 UTC": None,
    "10/19/2022 05:39": None,
    "20221019T053941": None,
    "1666157981": None,
    "now": None,
    "today": None,
    "epoch": None,
    "infinity": None,
    "-infinity": None,
    "soon": None,
}
UNKNOWN, AMBIGUOUS = "has a zone that does not exist", "has an ambiguous zone, an abbreviation"
#: text of a cell whose zone is the fault, what is said of it
ODD_ZONES = {
    "2022-10-19 05:39:41.448694 ABC": UNKNOWN,
    "2022-10-19 05:39:41 XYZ": UNKNOWN,
    "2022-10-19 05:39:41 ABC3": UNKNOWN,
    "2022-10-19 05:39:41 Europe/Berlin3": UNKNOWN,
    "2022-10-19 05:39:41 Abc/Def": UNKNOWN,
    "2022-10-19 05:39:41 posix/Europe/Berlin": UNKNOWN,
    "2022-10-19 05:39:41 EST5EDT": UNKNOWN,
    "2022-10-19 05:39:41 Factory": UNKNOWN,
    "2022-10-19 05:39:41 Etc/GMT+15": UNKNOWN,
    "2022-10-19 05:39:41 UTC+25": UNKNOWN,
    "2022-10-19 05:39:41 +15:59": UNKNOWN,
    "2022-10-19 05:39:41+14:01": UNKNOWN,
    "2022-10-19 05:39:41+3": UNKNOWN,
    "2022-10-19 05:39:41 PM": UNKNOWN,
    "2022-10-19 05:39:41 BC": UNKNOWN,
    "2022-10-19 05:39:41 Monday": UNKNOWN,
    "2022-10-19 05:39:41 UTC Monday": UNKNOWN,
    "2022-10-19 05:39:41 UTC EST": UNKNOWN,
    "2022-10-19 05:39:41 EST": AMBIGUOUS,
    "2022-10-19 05:39:41 IST": AMBIGUOUS,
    "2022-10-19 05:39:41 CST": AMBIGUOUS,
    "2022-10-19 05:39:41 bst": AMBIGUOUS,
    "2022-10-30 02:30:00 Europe/Berlin": "comes twice in its zone, where clocks are set back",
    "2022-03-27 02:30:00 Europe/Berlin": "is left out in its zone, where clocks are set forward",
}
FLAGS = {
    "TRUE": "True",
    "true": "True",
    "False": "False",
    '"FALSE"': "False",
    '"NULL"': "None",
    "": "None",
    "1": None,
    "yes": None,
    "t": None,
    "truth": None,
}


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    return Pipeline(services, catalog.feed("bookings"))


def staged(pipeline: Pipeline, column: str, staged_as: str, texts: list[str]) -> list[str]:
    """What became of each text in that column of a booking: its value, or the reason why it was refused."""
    file = io.StringIO()
    lines = csv.DictWriter(file, ["booking_id", "user_id", "created_at", "status", "checkin_status",
                                  "booking_start_time", "booking_end_time", "is_demo"])  # fmt: skip
    lines.writeheader()
    lines.writerows({"booking_id": number, "user_id": 7, column: text} for number, text in enumerate(texts, 1))
    pipeline.deliver("booking", day(31), file.getvalue().encode())
    for layer in ("raw", "staging"):
        pipeline.fill_table(f"{layer}.bookings_booking", day(31), accepts_rejects=True)
    kept = pipeline.ask(f"select booking_id as number, {staged_as} as found from staging.bookings_booking")  # noqa: S608
    refused = pipeline.ask("select row_number as number, reason as found from quarantine.rows")
    found = {row["number"]: str(row["found"]) for row in kept + refused}
    assert len(found) == len(kept) + len(refused), "a row was both kept and refused"
    return [found[number] for number in range(1, len(texts) + 1)]


@pytest.mark.parametrize(
    ("column", "staged_as", "phrase", "texts"),
    [
        ("booking_start_time", "starts_at", "a time like 2024-01-31 17:30:00.5 UTC", TIMES),
        ("is_demo", "is_demo", "true or false", FLAGS),
    ],
)
def test_a_type_takes_its_plain_form_and_says_why_not(
    pipeline: Pipeline, column: str, staged_as: str, phrase: str, texts: dict[str, str | None]
) -> None:
    staged_values = dict(zip(texts, staged(pipeline, column, staged_as, list(texts)), strict=True))
    assert staged_values == {text: value or f"{staged_as} is not {phrase}: '{text}'" for text, value in texts.items()}


def test_a_zone_that_nobody_can_be_sure_of_is_named_as_the_fault(pipeline: Pipeline) -> None:
    staged_values = dict(
        zip(ODD_ZONES, staged(pipeline, "booking_start_time", "starts_at", list(ODD_ZONES)), strict=True)
    )
    assert staged_values == {text: f"starts_at {said}: '{text}'" for text, said in ODD_ZONES.items()}


def test_a_rule_may_speak_of_the_day_of_the_delivery(pipeline: Pipeline) -> None:
    """Delivered on 31 January: the last moment of that day is not after it, midnight is."""
    late = "breaks the rule created_at >= '2000-01-01' and created_at < day + 1"
    texts = ["2024-01-31 23:59:59.999999 UTC", "2024-02-01", "2024-01-31 23:00:00-05", "1999-12-31 23:59:59 UTC"]
    assert staged(pipeline, "created_at", "created_at", texts) == ["2024-01-31 23:59:59.999999+00:00", late, late, late]


def test_a_rule_over_two_columns_of_which_one_is_missing_is_kept(pipeline: Pipeline) -> None:
    header = b"user_id,booking_id,created_at,status,checkin_status,booking_start_time,booking_end_time,is_demo\n"
    rows = (
        b"7,1,,,,2024-01-01 10:00:00 UTC,2024-01-01 09:59:59 UTC,\n"
        b"7,2,,,,2024-01-01 10:00:00 UTC,2024-01-01 10:00:00 UTC,\n"
        b"7,3,,,,2024-01-01 10:00:00 UTC,,\n"
        b"7,4,,,,,2024-01-01 10:00:00 UTC,\n"
    )
    pipeline.deliver("booking", day(1), header + rows)
    for layer in ("raw", "staging"):
        pipeline.fill_table(f"{layer}.bookings_booking", day(1), accepts_rejects=True)
    pipeline.expect("staging.bookings_booking", "booking_id\n2\n3\n4")
    pipeline.expect("quarantine.rows", "row_number | reason\n1 | breaks the rule ends_at >= starts_at")


def test_a_column_over_several_lines_has_its_comment_behind_the_last_one() -> None:
    """And keeps the case of what stands in quotes, in the reason too."""
    text = """-- One row is one row.
    create table staging.odd (
        odd_id bigint not null, -- the number
        status text
        check (status in ('active', 'editedByUser')), -- what became of it
        created_at timestamp with time zone
        check (created_at < day + 1), -- when it was made
        check (created_at > '2000-01-01'),
        primary key (odd_id)
    );"""
    shape = SqlFile("staging", "odd", text).shape
    assert [(column.name, column.type, column.meaning) for column in shape.columns] == [
        ("odd_id", "bigint", "the number"),
        ("status", "text", "what became of it"),
        ("created_at", "timestamp with time zone", "when it was made"),
    ]
    assert {rule.text for rule in shape.rules} == {
        "status in ('active', 'editedByUser')",
        "created_at < day + 1",
        "created_at > '2000-01-01'",
    }
