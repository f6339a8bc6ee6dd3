"""Exports: what people open in a spreadsheet is exact, harmless and whole."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from acme_platform.serving.csv_files import export_csv


def written(folder: Path, *values: object) -> list[str]:
    answer = pd.DataFrame({"value": list(values), "last": "x"}, dtype=object)
    lines = export_csv(answer, "top", folder).read_bytes().decode().split("\n")
    assert lines.pop() == ""
    assert lines.pop(0) == "value,last"
    return [line.removesuffix(",x") for line in lines]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path, start: str) -> None:
    assert written(tmp_path, f"{start}HYPERLINK") == [f"'{start}HYPERLINK"]


def test_text_with_a_formula_inside_and_negative_numbers_stay_as_they_are(tmp_path: Path) -> None:
    assert written(tmp_path, "a=1+1", Decimal("-5.00"), -5, "") == ["a=1+1", "-5.00", "-5", ""]


def test_numbers_are_exact(tmp_path: Path) -> None:
    amounts = ["0.10", "1234567890123456.78", "0.00", "0.30", "-0.01"]
    assert written(tmp_path, *map(Decimal, amounts)) == amounts


def test_text_comes_back_as_it_was(tmp_path: Path) -> None:
    names = ["Cote d'Ivoire", 'a "b", c', "two\nlines", "日本", "NULL", "007"]
    file = export_csv(pd.DataFrame({"name": names}), "names", tmp_path)
    assert pd.read_csv(file, dtype=str, keep_default_na=False)["name"].tolist() == names


def test_the_file_is_named_by_question_and_moment_in_a_folder_made_for_it(tmp_path: Path) -> None:
    file = export_csv(pd.DataFrame({"a": [1]}), "top_customers", tmp_path / "new" / "folder")
    assert file.parent == tmp_path / "new" / "folder"
    assert pd.Series([file.name]).str.fullmatch(r"top_customers_result_\d{8}_\d{6}\.csv").all()


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Unwritable:
        def __str__(self) -> str:
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        export_csv(pd.DataFrame({"a": ["fine", Unwritable()]}, dtype=object), "top", tmp_path)
    assert list(tmp_path.iterdir()) == []
