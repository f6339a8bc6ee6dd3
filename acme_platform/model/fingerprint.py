"""Fingerprints: short texts by which two versions of a SQL file are told apart, or taken for the same.

Belongs here: what of a file decides about the rows that it makes, and taking over the fingerprints of older releases.
Not here: which days were filled by which version (`deliveries.py`), a table that follows its file (`evolution.py`).

Read are the tokens of the text: comments, spacing and the case of words are not among them. The tree that sqlglot makes
of them says the same, but another release of sqlglot may print it in other words, and every day of every table would
then seem to be of an older SQL.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import TokenType
from sqlglot.tokenizer_core import Token

from acme_platform.cursor import Cursor

#: what stands in quotes: there every letter counts
QUOTED = {TokenType.STRING, TokenType.IDENTIFIER, *(kind for kind in TokenType if kind.name.endswith("_STRING"))}
#: where a fingerprint of the file is remembered
REMEMBERED = ("ledger.builds", "ledger.failures", "ledger.staged")

#: What a value means: in `form.py`, `moment.py` and `blank.py`. Another number with every change of that: days of
#: staging that were judged otherwise are then shown as of an older SQL, and refilled by the command that is named.
VALUE_RULES = 1


def of_tokens(tokens: Iterable[Token]) -> str:
    """The same for two texts that differ in comments, spacing and the case of words only."""
    return _digest("\0".join(word for token in tokens for word in _words(token)))[:16]


def of_text(text: str) -> str:
    """Changes with every letter."""
    return _digest(text)[:16]


def combined(parts: Sequence[str]) -> str:
    """One fingerprint for several."""
    return _digest("\0".join(parts))[:16]


def as_before(text: str) -> str:
    """How releases up to 0.1 told files apart: by every letter of them."""
    return _digest(text)[:12]


def before_as_of(text: str) -> str:
    """A file as it was before `staging.as_of` had a name: the same words but for that, in one line."""
    return re.sub(r"staging\.as_of\(([\w.]+), ([\w.]+), (%\(day\)s)\)", r"\1 <= \3 and (\2 is null or \2 > \3)", text)


def take_over(cursor: Cursor, renewed: Iterable[tuple[str, str, str]]) -> None:
    """Days that were filled by a file as it is now, (table, its fingerprint before, its fingerprint now), stay so."""
    tables, before, now = (list(column) for column in zip(*renewed, strict=True))
    for remembered in REMEMBERED:
        cursor.execute(
            f"update {remembered} as known set code_version = renewed.now"  # noqa: S608  # from the list above
            " from unnest(%s::text[], %s::text[], %s::text[]) as renewed (table_name, before, now)"
            " where known.table_name = renewed.table_name and known.code_version = renewed.before",
            (tables, before, now),
        )


def _words(token: Token) -> Iterator[str]:
    if token.token_type in QUOTED:
        yield f"{token.token_type.name} {token.text}"
    else:
        yield from token.text.lower().split()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
