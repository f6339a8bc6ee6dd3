"""Blanks: what surrounds a text, draws nothing, and makes another text of it.

Belongs here: the one list of them, and taking them off headers (`header.py`) and values (`cast.py`). Not here: the
check that says so in words of its own (`builtin.py`).

Within a text they stay: a joiner in the middle of a word is part of it in Persian. A variation selector or a tag
chooses how the character before it is drawn, so behind anything but ASCII, which has no variants, it stays as well.
"""

import string
import unicodedata
from collections.abc import Iterable

#: first and last: controls, all that Unicode calls white space or ignorable, fillers, and Braille without a dot
BLANKS = (
    (0x01, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x17B4, 0x17B5),
    (0x180E, 0x180E),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x2800, 0x2800),
    (0x3000, 0x3000),
    (0x3164, 0x3164),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
)
#: variation selectors and tags
SELECTORS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0000, 0xE0FFF))


def _each(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(chr(code) for first, last in ranges for code in range(first, last + 1))


SELECTED = _each(SELECTORS)
BOTH = _each(BLANKS) + SELECTED


def bare(text: str) -> str:
    """The text without what surrounds it, in Unicode's composed form (NFC): equal texts are equal bytes."""
    text = text.lstrip(BOTH)
    kept = text.rstrip(BOTH)
    if not kept[-1:].isascii():
        behind = text[len(kept) :]
        kept += behind[: len(behind) - len(behind.lstrip(SELECTED))]
    return unicodedata.normalize("NFC", kept)


def stripped(besides: str = "") -> str:
    """SQL: `{value}` without what surrounds it, and without the characters `besides`; null when nothing is left.

    Ten times as dear as trimming spaces, so for the few values of which `IS_BARE` or the like is not known.
    """
    return f"nullif(regexp_replace({{value}}, E'{_pattern(besides)}', '', 'g'), '')".replace("\\", "\\\\")


#: SQL: `{value}` begins with ASCII, but none of the few characters before `#`, and ends with a letter, a digit or `)`
IS_BARE = (
    '{value} collate "C" >= \'#\' and {value} collate "C" < chr(127)'
    f" and right({{value}}, 1) = any('{{{{{','.join(string.ascii_letters + string.digits + ')')}}}}}')"
)


def _pattern(besides: str) -> str:
    r"""PostgreSQL's regular expression for what surrounds a text.

    It takes one look at each character, where Python's would look at a million blanks within a text a million times.
    """
    blank, selector = _ranged(BLANKS) + besides, _ranged(SELECTORS)
    both = blank + selector
    return rf"\A[{both}]+|[{blank}][{both}]*\Z|(?<=[!-~])[{selector}][{both}]*\Z"


def _ranged(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(rf"\U{first:08X}-\U{last:08X}" for first, last in ranges)
