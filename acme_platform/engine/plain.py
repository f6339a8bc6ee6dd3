r"""Plain values: which texts certainly are a value, judged by Spark a column at a time.

Belongs here: one pattern a type, and how Spark reads what it matches. Not here: what a type accepts beyond that, and
what is said of the rest: that is `values/form.py`, and PostgreSQL is asked (`appeal.py`).

A plain text is spelt as almost all are, and both engines read it as the same value. What is not plain may still be
good. So a pattern that is too narrow costs time, and one that is too wide would be a wrong answer: the tests hold
each of them against PostgreSQL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from acme_platform.model.table import Table
from acme_platform.model.table_schema import Column
from acme_platform.values.form import LONGEST_TEXT, form

#: columns of a version that no delivery says
KEPT_BY_US = ("day", "valid_to")
WHOLE = r"^(0|-?[1-9][0-9]{{0,{digits}}})\\z"
#: from the year 1000 on: Spark knows a year 0, and PostgreSQL does not
DAY = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}\\z"
MOMENT = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?( ?(UTC|Z))?\\z"
# Each ends with `\\z`, in Java's words and Rust's: `$` also matches before a line end.
#: letters that are whole by themselves (NFC) beside any other one of them: ASCII, Latin, Cyrillic, Chinese
LETTERS = r"\\u00C0-\\u024F\\u0400-\\u0482\\u048A-\\u052F\\u4E00-\\u9FFF"
TEXT = rf"^[!-~{LETTERS}]([\\x01-\\x7F{LETTERS}]*[!-~{LETTERS}])?\\z"
#: what PostgreSQL's `left` and Spark's agree on: characters, none of them outside of the first plane
MISSING = "NULL"
#: a number of so many digits is the nearest one to its double, whatever they are
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Plain:
    """A column: Spark's SQL over the text of that name, trimmed, or null where it is empty."""

    column: Column
    quoted: bool

    @property
    def text(self) -> str:
        """What is read of the delivered text."""
        trimmed = f"trim({_quoted(self.column.name)})"
        if not self.quoted:
            return f"nullif({trimmed}, '')"
        bare = f'case when {trimmed} rlike \'^"[^"]*"$\' then substring({trimmed}, 2, length({trimmed}) - 2)'
        return f"nullif(nullif(trim({bare} else {trimmed} end), ''), '{MISSING}')"

    @property
    def reading(self) -> str:
        """The value of a plain text."""
        text, kind = _quoted(self.column.name), self.column.type
        if kind == "timestamp with time zone":
            return f"try_cast(regexp_replace({text}, ' ?(UTC|Z)$', '') as timestamp)"
        if kind == "boolean":
            return f"lower({text}) = 'true'"
        if kind == "date":
            return f"cast(try_cast({text} as timestamp) as date)"
        if kind.startswith("numeric") and _numbers(kind)[0] <= EXACT_DIGITS:
            return f"try_cast(try_cast({text} as double) as {_spark_type(kind)})"
        return text if _is_text(kind) else f"try_cast({text} as {_spark_type(kind)})"

    @property
    def condition(self) -> str:
        """Whether it is plain: never null."""
        text, read = _quoted(self.column.name), _quoted(f"{self.column.name} read")
        is_plain = f"{text} rlike '{self._pattern}'"
        if not _is_text(self.column.type):
            is_plain = f"{is_plain} and {read} is not null"
        elif self._longest:
            is_plain = f"{is_plain} and {self._longest}"
        missing = "false" if self.column.required else "true"
        return f"case when {text} is null then {missing} else {is_plain} end"

    @property
    def _pattern(self) -> str:
        kind = self.column.type.partition("(")[0]
        if kind == "numeric":
            return _decimal(*_numbers(self.column.type))
        return {
            "bigint": WHOLE.format(digits=17),
            "integer": WHOLE.format(digits=8),
            "date": DAY,
            "timestamp with time zone": MOMENT,
            "boolean": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\\\\z",
        }.get(kind, TEXT)

    @property
    def _longest(self) -> str:
        text = _quoted(self.column.name)
        most = _numbers(self.column.type)
        return f"length({text}) <= {most[0]}" if most else f"octet_length({text}) <= {LONGEST_TEXT}"


def plains(table: Table) -> Iterator[Plain]:
    """Of the columns that a delivery says. Raises MendInput for a type without a form."""
    for column in table.sql.shape.columns:
        if column.name not in KEPT_BY_US:
            form(column)
            yield Plain(column, table.quoted)


def _decimal(digits: int, scale: int) -> str:
    """All digits may stand behind the point, or none."""
    whole = rf"-?0|-?[1-9][0-9]{{0,{digits - scale - 1}}}" if digits > scale else "-?0"
    fraction = rf"([.][0-9]{{1,{scale}}})?" if scale else ""
    return rf"^({whole}){fraction}\\z"


def _numbers(kind: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", kind)]


def _is_text(kind: str) -> bool:
    return kind == "text" or kind.startswith("character varying")


def _spark_type(kind: str) -> str:
    return kind.replace("numeric", "decimal").replace("integer", "int")


def _quoted(name: str) -> str:
    return f"`{name}`"
