"""Tables as wide as the terminal: no word breaks that has room, and what is empty gives way."""

import json
import re
from pathlib import Path

import pytest

from acme_assets_tests.support.demonstration import Demonstration, stop_servers
from acme_assets_tests.support.terminal import on_a_terminal, plain
from acme_platform.cli.terminal.drawing import wrapped

WIDTHS = (80, 100, 120, 160)
#: every command that prints a table, and what it is of; `wipe` shows what it would take, and nobody is there to say yes
COMMANDS = (
    ("status",),
    ("status", "operations"),
    ("doctor",),
    ("rejects",),
    ("query", "--list"),
    *(("query", name) for name in ("country_spenders", "best_performing_product", "agg_public_holiday", "open_orders")),
    ("wipe", "--days", "today"),
    ("deliver", "sales", "orders", "orders.csv", "--day", "today"),
    ("sample", "interactions", "--days", "today", "--to", "samples"),
    ("sample", "operations", "--days", "yesterday"),
    ("run", "--days", "yesterday", "--select", "raw/sales_orders"),
)
#: what each command showed is noted beside what the terminal saw of it
PROGRAM = """
import json, os, sys
from acme_platform.cli import main
from acme_platform.cli.terminal import console

drawn, noted = console.draw, []
def draw(columns, cells, numeric):
    noted.append([list(columns), [list(row) for row in cells]])
    drawn(columns, cells, numeric)
console.draw = draw
for width in {widths}:
    os.environ["COLUMNS"] = str(width)
    for words in {commands}:
        sys.argv = ["acme", *words]
        print(f"@@@ {{width}}", flush=True)
        try:
            main()
        except SystemExit:
            pass
with open({notes!r}, "w") as file:
    json.dump(noted, file)
"""


def shown(width: int, columns: list[str], rows: list[list[str]]) -> str:
    """What `show` draws on a terminal."""
    program = f"from acme_platform.cli.terminal.console import show; show({columns!r}, {rows!r})"
    return plain(on_a_terminal(program, width))


def test_columns_without_a_value_give_way_where_there_is_no_room_for_them() -> None:
    columns, row = ["feed", "answered", "missing", "failed"], ["sales", "2024-03-14", "", "2024-03-02"]

    assert "missing" in shown(80, columns, [row])
    narrow = shown(35, columns, [row])
    assert "missing" not in narrow
    assert re.search(r"sales +2024-03-14 +2024-03-02", narrow)


def test_a_row_that_is_too_wide_for_any_table_becomes_a_list() -> None:
    seen = shown(40, ["file", "why", "nothing"], [["a" * 30, "it is broken and cannot be read at all", ""]])

    assert seen.split("\n")[1:4] == [
        f"file     {'a' * 30}",
        "why      it is broken and cannot be read",
        "         at all",
    ]
    assert "nothing" not in seen


def test_what_is_longer_than_the_terminal_is_left_to_it() -> None:
    """A path that is copied from two lines of ours would hold a line end; the terminal's own is none."""
    assert "x" * 100 in shown(80, ["name", "note"], [["Anna", "x" * 100]])


def test_lines_end_between_words_and_go_on_as_far_in() -> None:
    assert (
        wrapped("  acme run --days 2024-03-01..2024-03-14 now", 30) == "  acme run --days\n  2024-03-01..2024-03-14 now"
    )
    assert wrapped("x" * 50, 30) == "x" * 50


@pytest.mark.slow
def test_no_word_of_any_command_breaks_at_the_usual_widths(demonstrated: Demonstration, tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes.json"
    demonstrated.copy(home)
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,amount\n1,1,2024-01-01,1.00\n")
    commands = [[word.replace("orders.csv", str(tmp_path / "orders.csv")) for word in words] for words in COMMANDS]
    commands = [[str(tmp_path / word) if word == "samples" else word for word in words] for words in commands]
    program = PROGRAM.format(widths=WIDTHS, commands=commands, notes=str(notes))

    seen = plain(on_a_terminal(program, environment={"ACME_HOME": str(home)}))
    stop_servers(home)

    assert "this is a bug of the platform" not in seen
    tables = json.loads(notes.read_text())
    assert len(tables) >= len(WIDTHS) * len(COMMANDS)
    whole = set(seen.split())
    words = {word for columns, rows in tables for line in (columns, *rows) for cell in line for word in cell.split()}
    assert sorted(words - whole) == []
    assert too_wide(seen) == []


def too_wide(seen: str) -> list[str]:
    """Lines with more than one word that do not fit."""
    wide, width = [], WIDTHS[0]
    for line in seen.split("\n"):
        if begun := re.fullmatch("@@@ ([0-9]+)", line):
            width = int(begun[1])
        elif len(line) > width and len(line.split()) > 1:
            wide.append(line)
    return wide
