"""Which picture an answer asks for: the rule, by examples."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from acme_platform.errors import UsageError
from acme_platform.rendering import drawing
from acme_platform.rendering.plan import NoPicture, Plan, plan

NEW_YEAR, NEXT = date(2024, 1, 1), date(2024, 1, 2)


def answer(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    """As a question gives it: values as the driver made them."""
    return pd.DataFrame(list(rows), columns=columns.split(), dtype=object)


def test_a_number_over_days_is_a_line() -> None:
    counted = answer("on clicks", (NEW_YEAR, 5), (NEXT, 7))
    assert plan(counted, "q") == Plan("line", "on", (), ("clicks",), 2)


def test_a_number_over_days_and_names_is_a_line_for_each_name() -> None:
    counted = answer("due status orders", (NEW_YEAR, "OPEN", 5), (NEW_YEAR, "SENT", 1), (NEXT, "OPEN", 7))
    assert plan(counted, "q") == Plan("line", "due", ("status",), ("orders",), 3)


def test_the_one_day_of_an_answer_is_no_axis() -> None:
    counted = answer("day due status orders", (NEXT, NEW_YEAR, "OPEN", 5), (NEXT, NEXT, "OPEN", 7))
    assert plan(counted, "q") == Plan("line", "due", (), ("orders",), 2)


def test_names_and_numbers_are_bars_a_panel_for_each_number() -> None:
    spent = answer("country users amount", ("Norway", 1, Decimal("15.10")), ("Peru", 2, None))
    assert plan(spent, "q") == Plan("bars", "", ("country",), ("users", "amount"), 2)


def test_a_place_and_a_number_that_names_are_no_amounts() -> None:
    """Two customers of one name are told apart by their numbers."""
    top = answer("place customer_id name amount", (1, 8, "Ann", 9), (2, 7, "Ann", 4))
    assert plan(top, "q") == Plan("bars", "", ("name", "customer_id"), ("amount",), 2)


def test_one_day_of_names_is_bars() -> None:
    counted = answer("day shop visits", (NEW_YEAR, "Harbour", 2), (NEW_YEAR, "Station", 1))
    assert plan(counted, "q").kind == "bars"


def test_of_many_rows_the_first_are_drawn_and_the_picture_says_so() -> None:
    many = answer("name amount", *((f"n{number}", number * 2) for number in range(40)))
    assert plan(many, "q").rows == 30
    assert "the first 30 of 40 rows" in drawing.svg(many, "q")


@pytest.mark.parametrize(
    ("nothing", "says"),
    [
        (answer("name amount"), "q has no rows"),
        (answer("name kind", ("a", "b")), "q has no column of numbers to draw, only name, kind"),
        (answer("price amount", (1.5, 2), (1.5, 3)), "q has neither days nor names to draw its numbers by"),
        (answer("day n", (NEW_YEAR, 5), (NEW_YEAR, 7), (NEXT, 1)), "q has several rows of one day"),
        (answer("shop n", ("Harbour", 5), ("Harbour", 7)), "q has several rows of one shop"),
        (
            answer("day who n", *((day, f"p{number}", 7) for day in (NEW_YEAR, NEXT) for number in range(11))),
            "q would be 11 lines, one for each who, and nobody reads more than 10",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(nothing: pd.DataFrame, says: str) -> None:
    with pytest.raises(NoPicture, match=says):
        plan(nothing, "q")


def test_a_picture_shows_data_as_text(tmp_path: Path) -> None:
    counted = answer("on.day kind[0] n", (NEW_YEAR, "<script>", 5), (NEXT, "a&b", 7), (NEXT, "<script>", 1))

    text = drawing.write(counted, "q", tmp_path / "new" / "q.svg").read_text(encoding="utf-8")

    assert "<script" not in text
    assert ">&lt;script&gt;<" in text
    assert ">on.day<" in text
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["q.svg"]


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match=r"q.pdf ends in neither .svg nor .png"):
        drawing.refuse_unknown(Path("q.pdf"))


@pytest.mark.parametrize(
    "name",
    [
        "an \x1b escape",
        "\ufffe",
        "a long name, which is cut between the halves of \N{GRINNING FACE}" + "\U0001f600" * 300,
    ],
)
def test_a_text_that_vega_cannot_draw_has_no_picture(name: str) -> None:
    """Over the first two its engine would end the process."""
    with pytest.raises(NoPicture, match="the answer has no picture"):
        drawing.svg(answer("name amount", (name, 1), ("Peru", 2)), "q")
