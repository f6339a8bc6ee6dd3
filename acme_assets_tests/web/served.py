"""`acme serve` as a process over a home of its own, asked as browsers and programs ask.

Belongs here: starting it, asking it, and what its warehouse holds. Not here: what must hold.

    day 1   somebody changed an amount by hand: a check is red
    day 2   123,456 customers with long names, 22 MB, which no check has seen
    day 3   the newest, all checks have passed
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message

from acme_assets_tests.support.pipeline import Pipeline, day, environment
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.deployment.processes import LOOPBACK, free_port
from acme_platform.services import Services

ACME = Path(sys.executable).parent / "acme"
RED, BIG, NEWEST = day(1), day(2), day(3)
CUSTOMERS = """
customer_id | customer_name             | country
1           | Ann, the 1st              | USA
2           | <script>alert(1)</script> | Norway
3           | =1+1                      | Norway
"""
ORDERS = """
order_id | customer_id | order_date | amount
101      | 2           | 2024-01-01 | 10.10
102      | 1           | 2024-01-01 | 1000000.05
"""
ALL = 123_456


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.body)


def asked(port: int, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, **given: str) -> Reply:
    with closing(HTTPConnection(LOOPBACK, port, timeout=60)) as connection:
        connection.request(method, f"{path}?{urlencode(given)}" if given else path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def got(app: ASGIApp, path: str, **given: object) -> Reply:
    """What the application answers in this process, without a server."""
    scope = {
        "type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": urlencode(given).encode(), "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent))


@dataclass(frozen=True)
class Served:
    """A running `acme serve`."""

    port: int
    services: Services
    process: "subprocess.Popen[bytes]"
    said: Path

    def get(self, path: str, **given: str) -> Reply:
        return asked(self.port, path, headers=None, **given)

    def acme(self, *words: object) -> str:
        """What a command prints beside it."""
        command = [str(ACME), *map(str, words)]
        return subprocess.run(
            command, env=own(self.services.settings), capture_output=True, text=True, check=True
        ).stdout

    def memory_kb(self) -> int:
        """The most that the process has needed so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])


def own(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in environment(settings).items() if value}


@contextmanager
def filled(home: Path) -> Iterator[Pipeline]:
    settings = Settings(home, None, None, None, str(home / "lake"), day(1))
    pipeline = Pipeline(Services(settings))
    pipeline.deliver("customers", RED, CUSTOMERS)
    pipeline.deliver("orders", RED, ORDERS)
    pipeline.fill(RED, BIG, NEWEST, layers=("raw", "staging", "analytics"))
    pipeline.change(
        "update analytics.customer_orders set order_amount = 7 where day = '2024-01-01'",
        "insert into analytics.customer_orders select '2024-01-02', n, repeat('Customer ', 20), 'USA', 0, 0"
        " from generate_series(4, 123456) as n",
    )
    pipeline.check("analytics.customer_orders", RED)
    pipeline.check("analytics.customer_orders", NEWEST)
    yield pipeline
    pipeline.services.open_warehouse().close()
    embedded.stop(settings)


@contextmanager
def serving(services: Services, folder: Path, port: int | None = None) -> Iterator[Served]:
    port, said = port or free_port(), folder / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [str(ACME), "serve", "--port", str(port)],
            env=own(services.settings),
            stdout=log,
            stderr=log,
        )
    while b"Ctrl-C" not in said.read_bytes():
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    try:
        yield Served(port, services, process, said)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
