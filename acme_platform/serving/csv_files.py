"""Exports: an answer as a CSV file for people.

Belongs here: names and writing of exported files. Not here: asking (`question.py`).
"""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

#: a spreadsheet runs a text cell that begins with one of these as a formula (OWASP, CSV injection)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_csv(answer: pd.DataFrame, name: str, folder: Path) -> Path:
    """Write `<name>_result_<YYYYMMDD_HHMMSS>.csv`, whole or not at all; text that looks like a formula gets a quote."""
    return write_csv(answer, folder / f"{name}_result_{datetime.now(UTC):%Y%m%d_%H%M%S}.csv")


def write_csv(answer: pd.DataFrame, target: Path) -> Path:
    """The same under a name that the caller chose."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".csv.tmp")
    try:
        answer.map(harmless).to_csv(unfinished, index=False, lineterminator="\n")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def harmless(value: object) -> object:
    """The value of a cell; text that looks like a formula gets a quote."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
