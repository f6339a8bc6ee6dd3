"""Widening: which types hold every value of another one, unchanged.

Belongs here: the rule, over types in PostgreSQL's words. Not here: altering a column (`evolution.py`).
"""

import re

#: digits before the decimal point of the whole numbers, in the order in which one holds the other
WHOLE = {"smallint": 5, "integer": 10, "bigint": 19}
TEXTS = ("character varying", "text")
#: what PostgreSQL takes where nothing stands in parentheses
UNLIMITED = 1_000_000


def is_wider(there: str, wanted: str) -> bool:
    """Whether each value of the type `there` is the same value in the type `wanted`."""
    (base, *limits), (wider, *room) = _parts(there), _parts(wanted)
    if base in WHOLE and wider in WHOLE:
        return WHOLE[base] <= WHOLE[wider]
    if wider == "numeric" and base in {*WHOLE, "numeric"}:
        digits, scale = (WHOLE[base], 0) if base in WHOLE else _numeric(limits)
        most, most_scale = _numeric(room)
        return most >= digits and most_scale >= scale
    if base in TEXTS and wider in TEXTS:
        return wider == "text" or (base != "text" and _first(limits) <= _first(room))
    return base == wider and _first(limits) <= _first(room)


def _parts(kind: str) -> list[str]:
    """`numeric(14,2)` as numeric, 14, 2; `timestamp(3) with time zone` as timestamp with time zone, 3."""
    limits = re.findall(r"\d+", kind)
    return [re.sub(r"\([^)]*\)", "", kind), *limits]


def _first(limits: list[str]) -> int:
    return int(limits[0]) if limits else UNLIMITED


def _numeric(limits: list[str]) -> tuple[int, int]:
    """Digits before and behind the decimal point."""
    if not limits:
        return UNLIMITED, UNLIMITED
    digits, scale = int(limits[0]), int(limits[1]) if limits[1:] else 0
    return digits - scale, scale
