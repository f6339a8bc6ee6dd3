"""Tables and errors: for people on a terminal, for programs in a pipe."""

import json
from decimal import Decimal

import pytest

from acme_assets_tests.support.terminal import on_a_terminal
from acme_platform.cli.terminal.console import Format, say, show

COLUMNS = ("country", "users_counts", "order_amount")
ROWS = [("USA", 26, Decimal("12473316.34")), ("Cote d'Ivoire", 7, None)]


def test_a_piped_table_is_plain_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """Words to the left, numbers to the right, nothing for what is missing, no line that ends in blanks."""
    show(COLUMNS, ROWS)

    assert capsys.readouterr().out.splitlines() == [
        "country        users_counts  order_amount",
        "USA                      26   12473316.34",
        "Cote d'Ivoire             7",
    ]


def test_a_pipe_is_as_wide_as_columns_says_and_never_cut_without(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """41 columns are needed: so many leave the table as it is, in 30 no line is wider and no word is broken."""
    show(COLUMNS, ROWS)
    plain = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "41")
    show(COLUMNS, ROWS)
    assert capsys.readouterr().out == plain
    monkeypatch.setenv("COLUMNS", "30")
    show(COLUMNS, ROWS)
    say("words that go on and on until the end of the line")
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.splitlines())) <= 30
    assert {"Cote", "12473316.34", "words", "line"} <= set(narrow.split())
    assert "\x1b" not in narrow


def test_a_table_without_rows_has_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty answer still says what was asked."""
    show(COLUMNS, [])

    assert capsys.readouterr().out == "country  users_counts  order_amount\n"


def test_csv_is_quoted_where_needed(capsys: pytest.CaptureFixture[str]) -> None:
    """A comma, a quote or a line break inside a value survives."""
    show(("name", "note"), [("Smith, Anna", 'the "first"\none'), ("Bo", None)], Format.CSV)

    assert capsys.readouterr().out == 'name,note\n"Smith, Anna","the ""first""\none"\nBo,\n'


def test_json_keeps_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    """A decimal is a string, because programs read JSON's numbers as floats."""
    show(COLUMNS, ROWS, Format.JSON)

    assert json.loads(capsys.readouterr().out) == [
        {"country": "USA", "users_counts": 26, "order_amount": "12473316.34"},
        {"country": "Cote d'Ivoire", "users_counts": 7, "order_amount": None},
    ]


def test_data_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A delivered value with an escape sequence or a line break is shown as text, in its one line."""
    show(("record",), [("\x1b[31mred\nnext\tfield",)])

    assert capsys.readouterr().out == "record\n\\x1b[31mred\\x0anext\\x09field\n"


def test_a_table_on_a_terminal_has_lines_and_whole_values() -> None:
    """Headers are set apart, markup in the data is data."""
    seen = on_a_terminal(
        "from acme_platform.cli.terminal.console import show;"
        f" show(('name', 'note'), [('[red]Anna[/red]', {'x' * 50!r})])"
    )

    assert "─" in seen
    assert "[red]Anna[/red]" in seen
    assert "x" * 50 in seen


def test_an_error_on_a_terminal_is_red() -> None:
    """The message is red, the next step is not."""
    seen = on_a_terminal(
        "import sys; sys.argv = ['acme', 'sample', 'sail', '--days', 'today'];"
        "from acme_platform.cli import main; main()"
    )
    message, next_step, *_ = [line for line in seen.splitlines() if "sail" in line or "next:" in line]

    assert "\x1b[1;31m" in message
    assert "'sail'" in message
    assert next_step.startswith("  next: did you mean sales? There is: ")
    assert "operations" in next_step, "whose sample is no file"
