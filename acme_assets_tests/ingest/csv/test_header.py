"""The header: names are matched, never positions, and doubt refuses the file with one sentence."""

import pytest

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.header import Header, read_header

DECLARED = ("customer_id", "customer_name", "country")


def header(line: str | bytes) -> Header:
    return read_header(line if isinstance(line, bytes) else line.encode(), "f.csv", DECLARED)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("customer_id,customer_name,country\n", DECLARED),
        ("customer_id ,customer_name            ,country\r\n", DECLARED),
        ("CUSTOMER_ID,Customer_Name,Country", DECLARED),
        ("country,customer_id,customer_name\n", ("country", "customer_id", "customer_name")),
        ('"customer_id","customer_name","country"\n', DECLARED),
    ],
)
def test_names_are_compared_trimmed_and_without_case_in_any_order(line: str, names: tuple[str, ...]) -> None:
    assert header(line) == Header(names, ())


def test_undeclared_columns_are_carried_under_invented_names() -> None:
    """A title is a stranger's text; what becomes a column's name in SQL is ours."""
    seen = header('customer_id,"No, te",country,customer_name,row_number\n')

    assert seen.in_file_order == ("customer_id", "extra column 2", "country", "customer_name", "extra column 5")
    assert seen.extra == (("No, te", "extra column 2"), ("row_number", "extra column 5"))
    assert seen.extra_names == ("extra column 2", "extra column 5")
    assert seen.width == 5


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("customer_id,country\n", "columns missing: 'customer_name'; seen 'customer_id, country'"),
        ("1,Samuel,Spain\n", "names none of the columns 'customer_id, customer_name, country'"),
        ("\n", "(a blank line)"),
        ("customer_id,country,Country,customer_name\n", "columns named twice: 'country'"),
        ("customer_id,customer_name,country,note,NOTE\n", "columns named twice: 'note'"),
        ("customer_id,customer_name,country,\n", "column 4 has no name"),
        ("customer_id;customer_name;country\n", "one column seen"),
        ("customer_id;customer_name;country\n", "looks separated by semicolons instead of commas"),
        ("customer_id\tcustomer_name\tcountry\n", "looks separated by tabs instead of commas"),
        ("customer_id|customer_name|country\n", "looks separated by vertical bars instead of commas"),
        ('customer_id,"customer_name,country\n', "stray quote"),
        ('customer_id,customer"name,country\n', "stray quote"),
        (b"customer_id,customer_name,pa\xefs\n", "cannot be read"),
        ("customer_id,customer_name,country" + "".join(f",x{n}" for n in range(51)), "51 columns are not declared"),
        ('customer_id,customer_name,"' + "x" * 200_000 + '"\n', "cannot be read"),
    ],
)
def test_doubt_refuses_the_file_with_what_was_seen_and_expected(line: str | bytes, what: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        header(line)

    assert caught.value.message.startswith("f.csv: ")
    assert what in caught.value.message
    assert len(caught.value.message) < 600
