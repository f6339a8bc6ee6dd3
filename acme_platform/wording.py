"""Wording: what messages of every room say in one way, numbers with their nouns and words that nobody knows.

Belongs here: pieces of sentences. Not here: how they look on a terminal (`cli/terminal`).
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

#: so many names are listed beside those that come close, and so many come close
FEW, NEAREST = 8, 4
#: letters of a word that is looked for inside of names
SAYS_SOMETHING = 3


def count(number: int, noun: str) -> str:
    """`1 day`, `1,200 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def instead_of(word: str, known: Iterable[str], all_of_them: str = "") -> str:
    """What to type in the place of a word that is not known: what comes close, or all there is.

    `all_of_them` is the command that lists them, where there is one.
    """
    names = list(known)
    near = _near(word, names)
    if not near:
        return f"take one of: {', '.join(names)}" + (f"  ({all_of_them})" if all_of_them else "")
    meant = f"did you mean {' or '.join(near)}?"
    if len(names) <= FEW:
        return f"{meant} There is: {', '.join(names)}"
    return f"{meant} {all_of_them}".rstrip()


def _near(word: str, names: Sequence[str]) -> list[str]:
    """Said in short, as `orders` for `staging.sales_orders`, or else spelt alike."""
    longer = [name for name in names if len(word) >= SAYS_SOMETHING and word.lower() in name]
    return sorted(longer, key=len)[:NEAREST] or get_close_matches(word.lower(), names, n=NEAREST)
