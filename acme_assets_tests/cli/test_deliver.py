"""`acme deliver`."""

from pathlib import Path

import pytest

from .conftest import Acme


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text("order_id,customer_id,order_date,amount\n1,2,2024-01-01,3.00\n")
    return file


def lake(home: Path) -> dict[str, str]:
    """Every file of the lake by its key."""
    files = (path for path in (home / "lake").rglob("*") if path.is_file())
    return {str(path.relative_to(home / "lake")): path.read_text() for path in files}


def test_one_file_becomes_the_day(acme: Acme, home: Path, orders: Path) -> None:
    """The file gets the day's name, whatever it was called; the answer says where it is and what to type next."""
    answer = acme("deliver", "sales", "orders", orders, "--day", "2024-01-02")

    assert answer.code == 0
    assert lake(home) == {"sales/orders/2024-01-02.csv": orders.read_text()}
    assert str(home / "lake/sales/orders/2024-01-02.csv") in answer.out
    assert "acme run --days 2024-01-02" in answer.out


def test_several_files_become_parts_of_the_day(acme: Acme, home: Path, tmp_path: Path) -> None:
    """Parts keep their own names below the day."""
    north, south = tmp_path / "north.csv", tmp_path / "south.csv"
    header = "order_id,customer_id,order_date,amount\n"
    north.write_text(f"{header}1,2,2024-01-01,3.00\n")
    south.write_text("")

    assert acme("deliver", "sales", "orders", north, south, "--day", "2024-01-02").code == 0
    assert lake(home) == {
        "sales/orders/2024-01-02/north.csv": north.read_text(),
        "sales/orders/2024-01-02/south.csv": "",
    }


def test_the_same_bytes_again_change_nothing(acme: Acme, home: Path, orders: Path) -> None:
    """A second delivery of the same file is recognized by its content; the file in the lake is not touched."""
    words = ["deliver", "sales", "orders", orders, "--day", "2024-01-02"]
    acme(*words)
    before = (home / "lake/sales/orders/2024-01-02.csv").stat()
    answer = acme(*words)

    assert answer.code == 0
    assert "already delivered" in answer.out
    assert (home / "lake/sales/orders/2024-01-02.csv").stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("amount", ["4.00", "40.00"], ids=["of the same size", "of another size"])
def test_a_corrected_file_replaces_the_day(acme: Acme, home: Path, orders: Path, amount: str) -> None:
    """Other bytes under the same name are a correction, and are said to be one."""
    words = ["deliver", "sales", "orders", orders, "--day", "2024-01-02"]
    acme(*words)
    orders.write_text(orders.read_text().replace("3.00", amount))
    answer = acme(*words)

    assert answer.code == 0
    assert "replaced" in answer.out
    assert lake(home) == {"sales/orders/2024-01-02.csv": orders.read_text()}


@pytest.mark.parametrize(
    ("named", "says"),
    [(["sail", "orders"], "sales"), (["sales", "invoices"], "customers, orders")],
    ids=["feed", "table"],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    acme: Acme, home: Path, orders: Path, named: list[str], says: str
) -> None:
    """A feed or a table that does not exist is named, those that do are listed, nothing is delivered."""
    answer = acme("deliver", *named, orders, "--day", "2024-01-02")

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert lake(home) == {}


def test_a_file_that_is_not_there_stops_the_whole_delivery(acme: Acme, home: Path, orders: Path) -> None:
    """All files are looked at before the first is sent."""
    answer = acme("deliver", "sales", "orders", orders, "missing.csv", "--day", "2024-01-02")

    assert answer.code == 2
    assert "missing.csv" in answer.err
    assert lake(home) == {}


def test_another_format_is_refused_by_name(acme: Acme, home: Path, tmp_path: Path, orders: Path) -> None:
    """A spreadsheet is no CSV file, and nothing of the delivery is sent."""
    sheet = tmp_path / "orders.xlsx"
    sheet.write_bytes(b"PK")
    answer = acme("deliver", "sales", "orders", orders, sheet, "--day", "2024-01-02")

    assert answer.code == 2
    assert "Excel" in answer.err
    assert lake(home) == {}


def test_two_files_of_one_name_are_refused(acme: Acme, home: Path, tmp_path: Path, orders: Path) -> None:
    """One of two parts with the same name would be lost in silence."""
    twin = tmp_path / "other" / "orders.csv"
    twin.parent.mkdir()
    twin.write_text("x")
    answer = acme("deliver", "sales", "orders", orders, twin, "--day", "2024-01-02")

    assert answer.code == 2
    assert str(twin) in answer.err
    assert lake(home) == {}


def test_a_lake_in_a_bucket_is_served_alike(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, s3_bucket: str, orders: Path
) -> None:
    """The same words put the file into S3, and recognize it there the second time."""
    monkeypatch.setenv("ACME_LAKE_URL", f"s3://{s3_bucket}/deliveries")
    words = ["deliver", "sales", "orders", orders, "--day", "2024-01-02"]
    first, second = acme(*words), acme(*words)

    assert (first.code, second.code) == (0, 0)
    assert f"s3://{s3_bucket}/deliveries/sales/orders/2024-01-02.csv" in first.out
    assert "already delivered" in second.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"customer_id,customer_name,country\n1,Ann,USA\n", "columns missing"),
        (b"1,2,2024-01-01,3.00\n", "is the header missing?"),
        (b"", "is empty"),
        (b"\x1f\x8bno gzip", "gzip"),
    ],
    ids=["of another table", "without header", "of no bytes", "that cannot be unpacked"],
)
def test_a_file_whose_header_is_not_the_tables_is_refused_before_it_stands_in_the_lake(
    acme: Acme, home: Path, orders: Path, content: bytes, says: str
) -> None:
    orders.write_bytes(content)
    answer = acme("deliver", "sales", "orders", orders, "--day", "2024-01-02")

    assert answer.code == 1
    assert str(orders) in answer.err
    assert says in answer.err
    assert "next: " in answer.err
    assert lake(home) == {}
