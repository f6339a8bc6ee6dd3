"""Bounds of `acme serve`: how many ask, for how long, with how much memory, and how it ends."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.web.served import BIG, NEWEST, Served, serving
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.deployment.processes import LOOPBACK
from acme_platform.errors import AcmeError, UsageError
from acme_platform.model.sql_file import SqlFile
from acme_platform.serving.question import Question
from acme_platform.warehouse.connection import Warehouse
from acme_platform.web.answers import AT_ONCE, Answers, Asked, Busy
from acme_platform.web.reader import open_reader
from acme_platform.web.refusal import refusal

FILE = f"/questions/customer_orders.csv?day={BIG}"


def asking(select: str, **given: str) -> Asked:
    """A question about customers, as somebody could write one."""
    text = f"-- A question.\nselect {select} from analytics.customer_orders where day = %(day)s"
    return Asked(Question(SqlFile("queries", "own", text)), NEWEST, given)


@pytest.fixture
def reader(sales: Pipeline) -> Iterator[Warehouse]:
    opened = open_reader(sales.services)
    yield opened
    opened.close()


@contextmanager
def begun(served: Served) -> Iterator[None]:
    """A download that nobody goes on reading, and that ends before its end."""
    with socket.create_connection((LOOPBACK, served.port), timeout=20) as wire:
        wire.sendall(f"GET {FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert b"200 OK" in wire.recv(200)
        yield


@pytest.mark.slow
def test_many_at_once_are_each_answered_or_told_to_come_back(served: Served) -> None:
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda _: served.get("/api/questions/customer_orders", day=str(NEWEST)), range(200)))
    answered = [reply for reply in replies if reply.status == 200]
    assert {reply.json["row_count"] for reply in answered} == {3}
    assert {(reply.status, reply.headers.get("retry-after")) for reply in replies} <= {(200, None), (503, "5")}


def test_as_many_ask_as_may_and_one_more_is_told_to_come_back(served: Served) -> None:
    """Whoever goes away before the end of a file gives his turn back."""
    with ExitStack() as downloads:
        for _ in range(AT_ONCE):
            downloads.enter_context(begun(served))
        refused = served.get("/")
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert "too many questions are asked at the same time" in refused.text
    until = time.monotonic() + 20
    while served.get("/").status == 503:
        assert time.monotonic() < until


@pytest.mark.slow
def test_a_long_file_costs_no_memory(served: Served) -> None:
    """Four at once need what four threads and connections need, however often they are asked for."""
    sizes, memory = set[int](), list[int]()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            sizes |= {len(reply.body) for reply in pool.map(lambda _: served.get(FILE), range(4))}
            memory.append(served.memory_kb())
    assert len(sizes) == 1
    assert memory[1] - memory[0] < 40_000


def test_rows_beyond_the_first_are_counted_and_not_fetched(reader: Warehouse) -> None:
    answer = Answers(reader).ask(asking("generate_series(1, 1000) as n"), most=2)
    assert (answer.rows, answer.count, answer.is_cut) == ([(1,), (2,)], 3000, True)


def test_a_question_that_takes_too_long_is_ended(reader: Warehouse) -> None:
    with pytest.raises(AcmeError) as failed:
        Answers(reader, statement_seconds=0.2).ask(asking("pg_sleep(30)"))
    told = refusal(failed.value)
    assert (told.status, told.message) == (503, "the answer took too long")


def test_a_value_that_the_question_cannot_compare_is_a_wrong_parameter(reader: Warehouse) -> None:
    with pytest.raises(AcmeError) as failed:
        Answers(reader).ask(asking("%(least)s::int as least", least="many"))
    told = refusal(failed.value)
    assert told.status == 400
    assert told.message.endswith('invalid input syntax for type integer: "many"')
    assert told.next_step == "write it like least=42"


def test_sql_of_a_question_that_fails_is_no_bug_of_the_platform(reader: Warehouse) -> None:
    with pytest.raises(AcmeError) as failed:
        Answers(reader).ask(asking("1 / (order_count - order_count) as n"))
    told = refusal(failed.value)
    assert (told.status, told.message) == (500, "the SQL of this question fails")


def test_a_file_of_a_question_that_cannot_be_read_is_named(reader: Warehouse) -> None:
    broken = Question(SqlFile("queries", "own", "-- A question.\nselect from from where"))
    with pytest.raises(AcmeError) as failed:
        Answers(reader).ask(Asked(broken, NEWEST, {}))
    told = refusal(failed.value)
    assert told.status == 500
    assert told.message.startswith("sql/queries/own.sql is not SQL that can be read")


def test_no_turn_is_lost_by_a_failure(reader: Warehouse) -> None:
    answers = Answers(reader, at_once=1)
    for _ in range(3):
        with pytest.raises(AcmeError):
            answers.ask(asking("1 / 0"))
    with answers.snapshot(), pytest.raises(Busy):
        answers.ask(asking("1"))
    assert answers.ask(asking("1")).count == 3


def test_a_warehouse_that_is_not_there_is_said_without_its_address(capfd: pytest.CaptureFixture[str]) -> None:
    lost = Warehouse("postgresql://acme_reader:canary@127.0.0.1:1/warehouse")
    with pytest.raises(AcmeError) as failed:
        Answers(lost).ask(asking("1"))
    told = refusal(failed.value)
    assert (told.status, told.message) == (503, "the warehouse does not answer just now")
    assert "canary" not in "".join(capfd.readouterr())


def test_no_password_is_said_by_any_page_or_log(served: Served, sales: Pipeline) -> None:
    words = [url.partition("@")[0].rpartition(":")[2] for url in (
        embedded.reader_url(sales.services.settings), sales.services.attach().warehouse_url
    )]  # fmt: skip
    pages = [served.get(path).text for path in ("/", "/api", "/openapi.json", "/questions/customer_orders", "/nothing")]
    assert [word for word in words if word in "".join(pages) + served.said.read_text()] == []


@pytest.mark.slow
def test_it_ends_at_once_though_somebody_reads_a_file(sales: Pipeline, tmp_path: Path) -> None:
    with ExitStack() as download, serving(sales.services, tmp_path) as running:
        download.enter_context(begun(running))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert running.process.returncode == 0
    assert running.said.read_text().splitlines()[-1] == "stopped"


@pytest.mark.parametrize(
    ("text", "port"), [("3020", 3020), ("", 3010), ("0", 0), ("65536", None), ("-1", None), ("web", None)]
)
def test_the_port_is_a_setting(text: str, port: int | None) -> None:
    if port is not None:
        assert Settings.from_env({"ACME_SERVE_PORT": text}).serve_port == port
    else:
        with pytest.raises(UsageError, match=r"ACME_SERVE_PORT is .* no port from 1 to 65535"):
            Settings.from_env({"ACME_SERVE_PORT": text})


def test_a_port_that_is_taken_is_named(served: Served, sales: Pipeline, tmp_path: Path) -> None:
    taken = pytest.raises(AssertionError, match=f"port {served.port} of 127.0.0.1 cannot be had")
    with taken, serving(sales.services, tmp_path, served.port):
        raise AssertionError
