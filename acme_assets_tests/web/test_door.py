"""The door of `acme serve`: who comes in, and what every answer tells the browser."""

import socket

import pytest

from acme_assets_tests.web.served import Served, asked
from acme_platform.deployment.processes import LOOPBACK


@pytest.mark.parametrize("path", ["/", "/api/questions", "/nothing", "/static/style.css", "/questions/top_dates.csv"])
def test_nothing_runs_in_a_page_and_nobody_frames_it(served: Served, path: str) -> None:
    headers = served.get(path).headers
    assert "script" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "server" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_taken(served: Served, method: str) -> None:
    refused = asked(served.port, "/questions/customer_orders", method)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/questions/customer_orders", "/questions/customer_orders.csv"])
def test_a_head_has_no_body(served: Served, path: str) -> None:
    reply = asked(served.port, path, "HEAD")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_foreign_name_or_page_is_refused(served: Served, headers: dict[str, str]) -> None:
    refused = asked(served.port, "/api/questions", headers=headers)
    assert refused.status == 403
    assert "country_spenders" not in refused.text


def test_an_address_has_a_greatest_length(served: Served) -> None:
    assert served.get("/questions/country_spenders", country="x" * 7000).status == 200
    assert served.get("/questions/country_spenders", country="x" * 9000).status == 414


def test_a_body_is_not_read(served: Served) -> None:
    """However long it is: the connection closes."""
    with socket.create_connection((LOOPBACK, served.port), timeout=20) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000000\r\n\r\n")
        assert wire.recv(40).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(ConnectionError):
            wire.sendall(b" " * 300_000_000)


def test_it_listens_on_the_loopback_only(served: Served) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = probe.getsockname()[0]
    with socket.socket() as outside:
        assert own == LOOPBACK or outside.connect_ex((own, served.port)) != 0
