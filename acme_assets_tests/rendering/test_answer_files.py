"""Answers for other programs, read back by those that read them."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from acme_platform.errors import MendInput
from acme_platform.rendering import answer_files

COLUMNS = ["day", "name", "orders", "amount"]
ROWS: list[tuple[object, ...]] = [
    (date(2024, 1, 1), "=cmd()", 2, Decimal("10.10")),
    (date(2024, 1, 2), None, None, Decimal("12345678901234567.89")),
]
ANSWER = pd.DataFrame(ROWS, columns=COLUMNS, dtype=object)


def read(table: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(row[column] for column in COLUMNS) for row in table.to_pylist()]


def test_parquet_and_arrow_keep_types_and_every_digit() -> None:
    assert read(pyarrow.parquet.read_table(io.BytesIO(answer_files.parquet(ANSWER, "q")))) == ROWS
    assert read(pa.ipc.open_file(answer_files.arrow(ANSWER, "q")).read_all()) == ROWS


def test_a_workbook_holds_numbers_as_numbers_and_no_formula() -> None:
    """The amount of nineteen digits would be rounded by Excel, and stands there as a text."""
    with zipfile.ZipFile(io.BytesIO(answer_files.xlsx(ANSWER, "q"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()

    assert "<f>" not in sheet
    assert "<v>10.1</v>" in sheet
    assert "<t>=cmd()</t>" in texts
    assert "<t>12345678901234567.89</t>" in texts


def test_more_rows_than_a_sheet_takes_are_refused() -> None:
    many = pd.DataFrame({"n": range(answer_files.SHEET_ROWS)})
    with pytest.raises(MendInput, match="q has 1,048,576 rows, and a sheet of Excel takes 1,048,575"):
        answer_files.xlsx(many, "q")


def test_without_arrow_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acme_platform.rendering.answer_files.find_spec", lambda name: None)  # noqa: ARG005
    with pytest.raises(MendInput, match="q cannot be written as parquet: pyarrow is not installed") as refused:
        answer_files.parquet(ANSWER, "q")
    assert "make engine" in refused.value.next_step
