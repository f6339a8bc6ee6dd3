"""The files of a delivered table and of the answer made of it: SQL, and the tests beside it.

Belongs here: their text. Not here: names and types (`draft.py`), the module of a feed (`declaration.py`), where files
go (`writing.py`).

Tests draw made-up rows, worked out by what the files say: a delivered file may hold what is nobody's business.
"""

from collections.abc import Sequence
from pathlib import Path

from acme_platform.scaffolding.draft import Column, Draft
from acme_platform.testing.document import ENDING
from acme_platform.testing.drawing import Row, draw

FIRST, SECOND = "2024-01-01", "2024-01-02"


def delivered(table: str, delivery: str, made: Draft) -> dict[Path, str]:
    """Path below `sql/` -> text, of raw and staging."""
    return {
        Path("raw", f"{table}.sql"): _raw(table, delivery, made),
        Path("staging", f"{table}.sql"): _staging(table, delivery, made),
        Path("staging", f"{table}{ENDING}"): _staging_test(table, made),
    }


def answer_name(table: str, made: Draft) -> str:
    return f"{table}_per_{made.counted_by.name}" if made.counted_by else f"{table}_count"


def answer(table: str, delivery: str, made: Draft) -> dict[Path, str]:
    """Of the answer that counts the rows, by the values of a column where there is one that takes few."""
    name = answer_name(table, made)
    return {
        Path("analytics", f"{name}.sql"): _answer(name, table, delivery, made.counted_by),
        Path("analytics", f"{name}{ENDING}"): _answer_test(table, made),
    }


def _raw(table: str, delivery: str, made: Draft) -> str:
    columns = [(f"{column.raw} text", f"{column.title}, as delivered") for column in made.columns if column.raw]
    shape = _shape(f"raw.{table}", columns)
    return f"-- One row is one row of a delivered {delivery} file, as text, exactly as it came.\n{shape}"


def _staging(table: str, delivery: str, made: Draft) -> str:
    columns = [
        *((f"{column.name} {_typed(column)}", "tells the rows apart") for column in made.keys),
        ("day date not null", "day of the delivery that said so"),
        ("valid_to date", "day of the next version, empty for the newest"),
        *((f"{column.name} {_typed(column)}", f"{column.title}, as delivered") for column in made.others),
    ]
    shape = _shape(f"staging.{table}", columns, (*made.key, "day"))
    said = ",\n    ".join(["delivery_id", "row_number", *(column.expression for column in (*made.keys, *made.others))])
    return (
        f"-- One row is one version of a row of {delivery}, valid from its day until it is delivered again.\n"
        f"{shape}\ncreate index on staging.{table} (day);\n\n"
        f"select\n    {said}\nfrom raw.{table}\nwhere day = %(day)s;\n"
    )


def _answer(name: str, table: str, delivery: str, by: Column | None) -> str:
    columns = [("day date not null", "as of this day")]
    if by:
        columns.append((f"{by.name} {_typed(by)}", by.title))
    columns.append(("row_count bigint not null", "rows so far"))
    shape = _shape(f"analytics.{name}", columns, ("day", by.name) if by else ("day",))
    row = (
        f"one {by.title} as of a day: how many rows of {delivery} it has"
        if by
        else f"one day: rows of {delivery} as of it"
    )
    said = ",\n    ".join(["%(day)s::date as day", *([by.name] if by else []), "count(*) as row_count"])
    grouped = f"\ngroup by {by.name}" if by else ""
    return (
        f"-- One row is {row}.\n{shape}\nselect\n    {said}\nfrom staging.{table}\n"
        f"where staging.as_of(day, valid_to, %(day)s){grouped};\n"
    )


def _shape(full_name: str, columns: Sequence[tuple[str, str]], key: Sequence[str] = ()) -> str:
    """`create table`, the meaning of each column behind it."""
    last = f"primary key ({', '.join(key)})" if key else ""
    declared = [f"{column}{',' if last or column != columns[-1][0] else ''}" for column, _ in columns]
    width = max(map(len, declared))
    lines = [
        f"    {column.ljust(width)} -- {_plain(meaning)}"
        for column, (_, meaning) in zip(declared, columns, strict=True)
    ]
    body = "\n".join([*lines, *([f"    {last}"] if last else [])])
    return f"create table {full_name} (\n{body}\n);\n"


def _typed(column: Column) -> str:
    kind = column.type.replace(",", ", ")
    return f"{kind} not null" if column.required else kind


def _plain(text: str) -> str:
    """What a comment of one line may hold; `%` is a parameter's, also there."""
    return "".join(letter if letter.isprintable() and letter != "%" else " " for letter in text)


def _staging_test(table: str, made: Draft) -> str:
    """Two rows, one of which the second day says otherwise, and one with a word for nothing where there are any."""
    said = next((column for column in sorted(made.others, key=lambda column: not column.nothing)), None)
    if said is None:
        name = "Each row is there from the day of its delivery"
        versions = [_version(made, said, 1, FIRST), _version(made, said, 2, FIRST)]
        return _document(name, _delivery(table, made, said, FIRST, (1, 1), (2, 2)), _expected(made, said, versions))
    first, second = [(1, 1), (2, 2)], _delivery(table, made, said, SECOND, (1, 4))
    versions = [_version(made, said, 1, FIRST, SECOND), _version(made, said, 2, FIRST)]
    versions.append(_version(made, said, 1, SECOND, value=example(said.type, 4)))
    if said.nothing:
        first.append((3, 0))
        versions.append(_version(made, said, 3, FIRST, value=None))
    name = "A row that is delivered again is a new version, and ends the one before it"
    return _document(name, _delivery(table, made, said, FIRST, *first), second, _expected(made, said, versions))


def _delivery(table: str, made: Draft, said: Column | None, day: str, *rows: tuple[int, int]) -> tuple[str, list[str]]:
    """Rows of (number of the key, number of the values), 0 for a word for nothing."""
    drawn = [*made.keys, *(column for column in made.others if column.required or column is said)]

    def value(column: Column, number: int, what: int) -> str:
        if column.name in made.key:
            return example(column.type, number)
        return example(column.type, what or number) if what or not column.nothing else column.nothing[0]

    lines = [tuple(value(column, number, what) for column in drawn) for number, what in rows]
    return f"Given `raw.{table}` on {day}", draw([column.drawn for column in drawn], lines)


def _version(
    made: Draft, said: Column | None, number: int, day: str, end: str | None = None, value: str | None = ""
) -> Row:
    """What staging holds of a row; unless a value is given it is that of the row's number."""
    key = [example(column.type, number) for column in made.keys]
    values = [example(said.type, number) if value == "" else value] if said else []
    return (*key, day, end, *values)


def _expected(made: Draft, said: Column | None, versions: Sequence[Row]) -> tuple[str, list[str]]:
    return "Expect", draw([*made.key, "day", "valid_to", *([said.name] if said else [])], versions)


def example(kind: str, number: int) -> str:
    """A value of the type, another one for each number from 1 to 4; true only for 1."""
    base = kind.partition("(")[0]
    return {
        "bigint": str(number),
        "numeric": f"{number}.50",
        "boolean": "true" if number == 1 else "false",
        "date": f"2024-01-{number:02}",
        "timestamp with time zone": f"2024-01-{number:02} 10:00:00 UTC",
    }.get(base, "abcd"[number - 1])


def _answer_test(table: str, made: Draft) -> str:
    by = [made.counted_by] if made.counted_by else []
    values = [tuple(example(column.type, min(number, 2)) for column in by) for number in (1, 2, 3)]
    given = [
        (*(example(column.type, number) for column in made.keys), *said)
        for number, said in zip((1, 2, 3), values, strict=True)
    ]
    columns = [*made.key, *(column.name for column in by)]
    counted: list[Row] = [(*values[0], "1"), (*values[1], "2")] if by else [("3",)]
    return _document(
        "The rows as of the day are counted",
        (f"Given `staging.{table}` on {FIRST}", draw(columns, given)),
        (f"Expect on {SECOND}", draw([*(column.name for column in by), "row_count"], counted)),
    )


def _document(name: str, *sections: tuple[str, list[str]]) -> str:
    parts = [f"{opening}\n\n" + "\n".join(lines) for opening, lines in sections]
    return "\n\n".join([f"## {name}", *parts]) + "\n"
