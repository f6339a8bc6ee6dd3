"""Answers as files for other programs: Parquet, Arrow, and workbooks of Excel.

Belongs here: which values they hold. Not here: CSV for people (`serving/csv_files.py`), asking (`serving/question.py`).
"""

import io
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec

import pandas as pd

from acme_platform.errors import MendInput

#: a sheet has no more rows, its heading among them
SHEET_ROWS = 1_048_576


def parquet(answer: pd.DataFrame, name: str) -> bytes:
    """Typed columns; an amount keeps every digit."""
    _refuse_without_arrow(name, "parquet")
    import pyarrow.parquet  # noqa: PLC0415  # comes with the second engine

    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(answer, preserve_index=False), written)
    return written.getvalue()


def arrow(answer: pd.DataFrame, name: str) -> bytes:
    """An Arrow file, also known as Feather."""
    _refuse_without_arrow(name, "arrow")
    import pyarrow as pa  # noqa: PLC0415  # comes with the second engine

    table = pa.Table.from_pandas(answer, preserve_index=False)
    written = io.BytesIO()
    with pa.ipc.new_file(written, table.schema) as file:
        file.write_table(table)
    return written.getvalue()


def xlsx(answer: pd.DataFrame, name: str) -> bytes:
    """A workbook of one sheet. Texts are texts, whatever they begin with.

    An amount of which Excel would round digits away is a text, too.
    """
    import xlsxwriter  # noqa: PLC0415

    if len(answer) >= SHEET_ROWS:
        raise MendInput(
            f"{name} has {len(answer):,} rows, and a sheet of Excel takes {SHEET_ROWS - 1:,}",
            f"acme query {name} --format csv",
        )
    written = io.BytesIO()
    usual = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(written, usual) as book:
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, list(answer.columns), book.add_format({"bold": True}))
        for number, row in enumerate(answer.itertuples(index=False, name=None), start=1):
            sheet.write_row(number, 0, [_cell(value) for value in row])
        sheet.autofit()
    return written.getvalue()


def _cell(value: object) -> object:
    """Numbers and days as Excel knows them, where it knows them exactly."""
    if isinstance(value, bool | date) and not isinstance(value, datetime):
        return value
    if isinstance(value, int | float | Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    return None if value is None else str(value)


def _refuse_without_arrow(name: str, form: str) -> None:
    if find_spec("pyarrow") is None:
        raise MendInput(
            f"{name} cannot be written as {form}: pyarrow is not installed",
            f"make engine, or pip install pyarrow; acme query {name} --format csv needs neither",
        )
