r"""Patterns: regular expressions that mean the same to PostgreSQL, to Java and to Rust.

Belongs here: which ones do. Not here: rewriting them (`engine/dialect.py`).

They differ in `.` (a line end), in `\d`, `\w` and `\s` (letters beyond ASCII), in everything that begins with `(?`, in
`++`, and in brackets within brackets. What is left is text, sets of characters, groups, repetition, and both ends.
"""

import re

_PLAIN = r"[\w #%&=,;:'\"<>/!@~-]"
_ESCAPED = r"\\(?:[.\\^$*+?()\[\]{}|-]|u[0-9a-fA-F]{4})"
_SET = r"\[\^?(?:[\w #%=,;:'\"<>/!@.*+?$(){}|-]|\\u[0-9a-fA-F]{4}|\\[.\\\]\[^-])+\]"
_ITEM = rf"(?:{_PLAIN}|{_ESCAPED}|{_SET}|\((?!\?)|\)|\|)(?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})?(?![*+?{{])"
_PORTABLE = re.compile(rf"\^?(?:{_ITEM})*\$?")


def is_portable(pattern: str) -> bool:
    return bool(_PORTABLE.fullmatch(pattern)) and "--" not in pattern and "~~" not in pattern
