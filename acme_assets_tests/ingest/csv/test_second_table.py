"""A second table or a repeated header inside a file refuses the file; what only looks like one is a row."""

import gzip
import io

import pytest

from acme_assets_tests.support.loading import ids, load, states
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.csv.screen import Screen
from acme_platform.model.tolerance import ANYTHING

ORDERS = ["order_id", "customer_id", "order_date", "amount"]
HEADER = b"order_id,customer_id,order_date,amount\n"
PEOPLE = b"customer_id,customer_name,country\n1,Ann,Norway\n2,Bob,Chile\n"
BOM = b"\xef\xbb\xbf"


def rows(count: int, first: int = 1) -> bytes:
    return b"".join(b"%d,7,2024-01-01,1.00\n" % number for number in range(first, first + count))


def screen(content: bytes, columns: list[str] = ORDERS, block: int = 1 << 18) -> tuple[bytes, list[Reject]]:
    class Sized(Screen):
        pass

    Sized.block = block
    rejects: list[Reject] = []
    seen = Sized(
        io.BytesIO(content), file="f.csv", columns=columns, marker=b"-", reject=rejects.append, tolerance=ANYTHING
    )
    return b"".join(iter(seen.read, b"")), rejects


@pytest.mark.parametrize("block", [7, 64, 1 << 18])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(HEADER + rows(3) + HEADER + rows(3), 5, id="again"),
        pytest.param(HEADER + HEADER + rows(3), 2, id="twice at the top"),
        pytest.param(HEADER + rows(3) + HEADER, 5, id="in the last line"),
        pytest.param(HEADER + rows(3) + HEADER.rstrip(), 5, id="in the last line, which has no end"),
        pytest.param(HEADER + rows(3) + b"\n" + HEADER + rows(1), 6, id="behind a blank line"),
        pytest.param(HEADER + rows(2) + HEADER.upper() + rows(1), 4, id="upper case"),
        pytest.param(HEADER + rows(2) + b"Order_Id,CUSTOMER_id,order_Date,Amount\n", 4, id="another case"),
        pytest.param(HEADER + rows(2) + b"order_id ,customer_id   , order_date,amount \n", 4, id="padded"),
        pytest.param(HEADER + rows(2) + b'"order_id","customer_id","order_date","amount"\n', 4, id="quoted"),
        pytest.param(HEADER + rows(2) + b'" order_id","customer_id",order_date,amount\n', 4, id="quoted and padded"),
        pytest.param(HEADER + rows(2) + b"amount,order_date,customer_id,order_id\n", 4, id="another order"),
        pytest.param(HEADER + rows(2) + b"order_id,customer_id,order_date,price\n", 4, id="one name changed"),
        pytest.param(HEADER + rows(2) + b"order_id,customer_id,order_date,amount,note\n", 4, id="one name more"),
        pytest.param(HEADER + rows(2) + b"order_id,customer_id,order_date\n", 4, id="one name less"),
        pytest.param(HEADER + rows(2) + BOM + HEADER + rows(2), 4, id="files put together, BOM"),
        pytest.param(HEADER + rows(2).rstrip() + HEADER + rows(2), 3, id="files put together, no final line end"),
        pytest.param(HEADER + rows(2).rstrip() + BOM + HEADER + rows(2), 3, id="no final line end, BOM"),
        pytest.param(HEADER + rows(2) + b'9,"open,2024-01-01,1\n' + HEADER + rows(2), 5, id="behind an open quote"),
        pytest.param(HEADER + b"broken\n" + rows(2) + HEADER, 5, id="behind a broken line"),
    ],
)  # fmt: skip
def test_the_header_again_refuses_the_file_and_names_the_line(
    content: bytes, line: int, end: bytes, block: int
) -> None:
    with pytest.raises(RefusedFile, match=rf"^f\.csv: line {line} repeats the header: '") as refused:
        screen(content.replace(b"\n", end), block=block)
    assert "deliver it again" in refused.value.next_step


@pytest.mark.parametrize("block", [7, 64, 1 << 18])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(HEADER + rows(3) + b"\n" + PEOPLE, 6, id="fewer columns"),
        pytest.param(HEADER + rows(3) + b"\n\n\n" + PEOPLE, 8, id="blank lines"),
        pytest.param(HEADER + rows(3) + b",,,\n" + PEOPLE, 6, id="a line of commas"),
        pytest.param(HEADER + rows(3) + b"--------\n" + PEOPLE, 6, id="a ruler"),
        pytest.param(HEADER + rows(3) + b"\r\n" + b"sku,name,colour,size\n1,a,b,2\n", 6, id="as many columns"),
        pytest.param(HEADER + rows(3) + b"\n" + b"sku,name,colour,size,shop\n1,a,b,2,3\n", 6, id="more columns"),
        pytest.param(HEADER + rows(3) + b"\n" + b'"Item no.","Name","Colour","Size"\n', 6, id="quoted titles"),
        pytest.param(HEADER + rows(3) + b"sku,name,colour,size\n1,a,b,2\n", 5, id="no separator, as many columns"),
        pytest.param(HEADER + rows(3) + PEOPLE, 5, id="no separator, fewer columns"),
        pytest.param(HEADER + rows(3) + b"\xc2\xa0sku,name,colour,size\n", 5, id="no separator, an unseen blank"),
        pytest.param(HEADER + b"\n" + rows(3) + b"\n" + PEOPLE, 7, id="a blank line below its own header"),
    ],
)  # fmt: skip
def test_another_header_refuses_the_file_and_names_the_line(content: bytes, line: int, block: int) -> None:
    with pytest.raises(RefusedFile, match=rf"^f\.csv: line {line} begins a second table: '"):
        screen(content, block=block)


WORDS = b"key,value\na,b\n"


@pytest.mark.parametrize("block", [7, 1 << 18])
@pytest.mark.parametrize(
    ("content", "columns", "loaded"),
    [
        pytest.param(HEADER + rows(2) + b"\n" + rows(2, 3), ORDERS, rows(4), id="a blank line amid rows"),
        pytest.param(HEADER + b"\n" + rows(2), ORDERS, rows(2), id="a blank line below the header"),
        pytest.param(HEADER + rows(2) + b"\nx,y,z,NULL\n", ORDERS, rows(2) + b"x,y,z,NULL\n", id="a value among names"),
        pytest.param(HEADER + rows(1) + b"\nx,x,y,z\n", ORDERS, rows(1) + b"x,x,y,z\n", id="a name twice"),
        pytest.param(HEADER + rows(1) + b"order_id,7,2024-01-01,1\n", ORDERS,
                     rows(1) + b"order_id,7,2024-01-01,1\n", id="one title as a value"),
        pytest.param(b"id,age,name\n1,39,Ann\nunknown,forty,Bob\n", ["id", "age", "name"],
                     b"1,39,Ann\nunknown,forty,Bob\n", id="words for two numbers"),
        pytest.param(HEADER + rows(1) + b"x,y,2024-01-01,z\n", ORDERS,
                     rows(1) + b"x,y,2024-01-01,z\n", id="words and a day"),
        pytest.param(WORDS + b"\nc,d\n", ["key", "value"], b"a,b\nc,d\n", id="a table of nothing but words"),
        pytest.param(b'id,note\n1,"id,note\nid,note\n"\n', ["id", "note"], b'1,"id,note\nid,note\n"\n', id="quoted"),
        pytest.param(b"a\na\n", ["a"], b"a\n", id="one column of one letter"),
        pytest.param(b"note\nx\n", ["note"], b"x\n", id="one column"),
        pytest.param(b"note\nmy note\n", ["note"], b"my note\n", id="one column whose name ends a value"),
    ],
)  # fmt: skip
def test_rows_that_are_rows_load(content: bytes, columns: list[str], loaded: bytes, block: int) -> None:
    assert screen(content, columns, block) == (loaded, [])


def test_a_footnote_is_a_broken_line_and_no_table() -> None:
    output, rejects = screen(HEADER + rows(2) + b"\nSource: ministry, Oslo\n")
    assert output == rows(2) + b"-,,,\n"
    assert [reject.line for reject in rejects] == [5]


def test_pages_of_a_thousand_rows_are_refused_at_the_second(pipeline: Pipeline) -> None:
    """Packed and in parts, and nothing of them is loaded."""
    pages = b"".join(HEADER + rows(1000, 1000 * page) for page in range(3))
    for ending in (".csv.gz", ".csv.zst"):
        pipeline.deliver("orders", day(1), pages, part="a", ending=ending)
        with pytest.raises(RefusedFile, match=r"line 1,002 repeats the header"):
            load(pipeline)
        assert ids(pipeline) == []
        assert states(pipeline)[f"a{ending}", "refused"] == 1


def test_two_packed_files_put_together_are_one_with_two_headers(pipeline: Pipeline) -> None:
    """As `cat a.csv.gz b.csv.gz` makes it; a person cannot accept that, whatever was accepted."""
    pipeline.put("sales/orders/2024-01-01.csv.gz", gzip.compress(HEADER + rows(2)) + gzip.compress(HEADER + rows(2)))
    for accepts_rejects in (False, True):
        with pytest.raises(RefusedFile, match="line 4 repeats the header") as refused:
            load(pipeline, accepts_rejects=accepts_rejects)
        assert "--accept-rejects" not in refused.value.next_step
    assert ids(pipeline) == []
