"""Declarations: the module of a new feed, and lines that go into the module of one that there is.

Belongs here: Python text in and out. Not here: SQL (`table_files.py`), where modules are (`writing.py`).

A module is edited where its tree says that the words stand, so that everything else of it stays as its author wrote it.
"""

import ast
from collections.abc import Collection, Sequence

from acme_platform.errors import UsageError

MODEL = "acme_platform.model.table"
WIDTH = 120


def module(feed: str, lines: Sequence[str], words: Collection[str]) -> str:
    """The module of a new feed with these tables; `words` are those of the model that the lines use."""
    tables = "\n".join(f"        {line}," for line in lines)
    return (
        f'"""The {feed} feed: files of {feed}, delivered as CSV."""\n\n'
        f"from {MODEL} import {', '.join(['Feed', *sorted(words)])}\n\n"
        f'FEED = Feed(\n    name="{feed}",\n    description="Files of {feed}, delivered as CSV.",\n'
        f'    owner="team:{feed}",\n    tables=(\n{tables}\n    ),\n)\n'
    )


def with_tables(text: str, lines: Sequence[str], words: Collection[str]) -> str:
    """The module with further tables, behind those that it declares."""
    tables = _tables(text)
    if tables is None:
        raise _unseen(lines)
    last = tables.elts[-1]
    end = _offset(text, last.end_lineno, last.end_col_offset)
    behind = text[end:].lstrip()
    added = "".join(f",\n        {line}" for line in lines)
    return _importing(text[:end] + added + ("" if behind.startswith(",") else ",") + text[end:], words)


def with_promise(text: str, table: str, promise: str) -> str:
    """The module in which the table's line names one more check, that warns."""
    line = f'should=["{promise}"]'
    by_hand = _unseen([f"{line} in the line of {table}"])
    call = _line_of(text, table)
    if call is None:
        raise by_hand
    named = next((word.value for word in call.keywords if word.arg == "should"), None)
    if named is None:
        given = (*call.args, *(word.value for word in call.keywords))
        last = max(given, key=lambda node: (node.end_lineno, node.end_col_offset))
        return _within_width(_insert(text, last, f", {line}"), table)
    if not isinstance(named, ast.List) or not named.elts:
        raise by_hand
    return _within_width(_insert(text, named.elts[-1], f', "{promise}"'), table)


def _within_width(text: str, table: str) -> str:
    """The table's line broken at its arguments, as the formatter would, where it became too long."""
    call = _line_of(text, table)
    if call is None or call.lineno != call.end_lineno or len(text.splitlines()[call.lineno - 1]) <= WIDTH:
        return text
    start, end = _offset(text, call.lineno, call.col_offset), _offset(text, call.end_lineno, call.end_col_offset)
    before = " " * call.col_offset
    given = (ast.get_source_segment(text, node) for node in (*call.args, *call.keywords))
    broken = "".join(f"{before}    {argument},\n" for argument in given)
    return f"{text[:start]}{ast.unparse(call.func)}(\n{broken}{before}){text[end:]}"


def _line_of(text: str, table: str) -> ast.Call | None:
    """The call by which the module declares `layer.name`."""
    tables = _tables(text)
    calls = (call for call in tables.elts if isinstance(call, ast.Call)) if tables else ()
    return next((call for call in calls if _declares(call, table)), None)


def _declares(call: ast.Call, table: str) -> bool:
    maker, _, name = table.partition(".")
    named = call.args[0] if call.args else None
    return ast.unparse(call.func) == maker and isinstance(named, ast.Constant) and named.value == name


def _tables(text: str) -> ast.Tuple | None:
    """What the module's `Feed(…, tables=(…))` says, where it is written out."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Feed":
            for word in node.keywords:
                if word.arg == "tables" and isinstance(word.value, ast.Tuple) and word.value.elts:
                    return word.value
    return None


def _unseen(lines: Sequence[str]) -> UsageError:
    return UsageError("the feed's module does not write its tables out", f"add this by hand: {', '.join(lines)}")


def _importing(text: str, words: Collection[str]) -> str:
    """With those words among what is imported of the model."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == MODEL:
            names = sorted({*words, *(alias.name for alias in node.names)}, key=lambda name: (name.islower(), name))
            if {alias.name for alias in node.names} >= set(words):
                return text
            start, end = (
                _offset(text, node.lineno, node.col_offset),
                _offset(text, node.end_lineno, node.end_col_offset),
            )
            line = f"from {MODEL} import {', '.join(names)}"
            if len(line) > WIDTH:
                line = f"from {MODEL} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
            return text[:start] + line + text[end:]
    raise _unseen([f"from {MODEL} import {', '.join(words)}"])


def _insert(text: str, behind: ast.expr, what: str) -> str:
    place = _offset(text, behind.end_lineno, behind.end_col_offset)
    return text[:place] + what + text[place:]


def _offset(text: str, line: int | None, column: int | None) -> int:
    """Of a place of the tree, which counts bytes of a line, in characters of the text."""
    lines = text.splitlines(keepends=True)
    before = lines[: (line or 1) - 1]
    return sum(map(len, before)) + len(lines[(line or 1) - 1].encode()[: column or 0].decode())
