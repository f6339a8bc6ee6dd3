"""Forms: what each type takes for its own, and what is said of everything else.

Belongs here: the spellings of numbers, dates, flags and texts. Not here: times (`moment.py`), the statement that asks
(`cast.py`). `docs/types.md` says the same to people, and a test holds the two together.

PostgreSQL's own input is too kind for data: it reads 'tomorrow' as a date, '0x1F' and '1_000' as numbers, 'NaN' as an
amount, '2024-01-3Z' as the third, and rounds 12.345 to 12.35 in a numeric(14,2). So each type also asks for its plain
form, by printing it again, LIKE and trimming: a regular expression costs several times as much.
"""

from dataclasses import dataclass

from acme_platform.errors import MendInput
from acme_platform.model.table_schema import Column
from acme_platform.values import moment
from acme_platform.values.blank import IS_BARE

#: Four bytes for each of 500 characters. An index takes 2,704 bytes a row, which is why a text must end somewhere.
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Form:
    """What a type accepts: a phrase for people, and what PostgreSQL is asked, none of which ever raises.

    `{value}` is the text as `text` cleans it, `{bare}` the same without anything that surrounds it, `{read}` what
    `reading` makes of them, null where that cannot be; `{type}` and `{kind}` are the type and its name as a string,
    `{digits}` and `{scale}` its numbers, `{name}` the column's name as a string. `{bare}` is dear: it stands behind
    what tells most values from those that need it. `closer` says more than the phrase of some texts that were refused.
    """

    phrase: str
    condition: str
    reading: str = (
        "case when pg_input_is_valid({value}, {kind}) then {value}::{type}"
        " when pg_input_is_valid({bare}, {kind}) then {bare}::{type} end"
    )
    text: str = "nullif(trim({value}), '')"
    closer: str = "null"

    @property
    def said(self) -> str:
        """The reason of a row whose value was refused."""
        what = f"coalesce({self.closer}, 'is not {self.phrase}')"
        return f"{{name}} || ' ' || {what} || ': ''' || left({{bare}}, 80) || ''''"


# Most values are spelt as PostgreSQL prints them, and comparing is three times as fast as looking at each character.
WHOLE = "case when {read}::text = {value} then true else {read} is not null and ltrim({bare}, '-0123456789') = '' end"
DECIMAL = (
    "case when {read} is null or {read} = 'NaN' then false when {read}::text = {value} then true"
    " when ltrim({bare}, '-.0123456789') = '' then length(rtrim(split_part({bare}, '.', 2), '0')) <= {scale}"
    " else false end"
)
# PostgreSQL finds a number of 20,000 decimals valid, and then cannot make one of it.
SHORT_NUMBER = (
    "case when octet_length({value}) <= 1000 and pg_input_is_valid({value}, {kind}) then {value}::{type}"
    " when octet_length({bare}) <= 1000 and pg_input_is_valid({bare}, {kind}) then {bare}::{type} end"
)
DAY = "case when {read}::text = {value} then true else {read}::text = {bare} end and {read}::text like '____-__-__'"
# Composing costs three times as much as seeing that there is nothing to compose.
IS_COMPOSED = "octet_length({value}) = length({value}) or {value} is normalized"
COMPOSED = f"case when {IS_COMPOSED} then {{value}} else normalize({{value}}) end"
TEXT = f"case when {IS_BARE} then {COMPOSED} else normalize({{bare}}) end"
FORMS = {
    "bigint": Form("a whole number", WHOLE),
    "integer": Form("a whole number", WHOLE),
    "numeric": Form("a number of at most {digits} digits, {scale} of them decimals", DECIMAL, SHORT_NUMBER),
    "date": Form("a date like 2024-01-31", DAY),
    "timestamp with time zone": Form(
        moment.PHRASE,
        "{read} is not null",
        moment.READING,
        f"case when {IS_BARE} then {{value}} else {{bare}} end",
        moment.CLOSER,
    ),
    "boolean": Form("true or false", "lower({bare} collate \"C\") in ('true', 'false')"),
    "text": Form(f"a text of at most {LONGEST_TEXT:,} bytes", f"octet_length({{read}}) <= {LONGEST_TEXT}", TEXT),
    "character varying": Form("a text of at most {digits} characters", "length({read}) <= {digits}", TEXT),
}


def form(column: Column) -> Form:
    """The form of the column's type."""
    kind = column.type.partition("(")[0]
    if kind not in FORMS:
        raise MendInput(
            f"{column.name} is declared as {column.type}, which has no plain form",
            f"add it to FORMS in {__name__}, beside {', '.join(FORMS)}",
        )
    return FORMS[kind]
