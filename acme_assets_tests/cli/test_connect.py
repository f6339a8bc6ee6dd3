"""`acme connect`: how other programs reach the servers, and no password that nobody asked for."""

from urllib.parse import unquote, urlsplit

import psycopg2
import pytest

from .conftest import Acme

pytestmark = pytest.mark.usefixtures("servers_of_the_tests")


def test_every_part_is_named_and_no_password(acme: Acme, warehouse_url: str, redis_url: str) -> None:
    answer, parts = acme("connect"), urlsplit(warehouse_url)

    assert answer.code == 0
    for part in (parts.hostname, str(parts.port), parts.path.strip("/"), parts.username):
        assert part
        assert part in answer.out
    assert "in ACME_WAREHOUSE_URL" in answer.out
    assert "acme connect --show-password" in answer.out
    for url in (warehouse_url, redis_url):
        assert unquote(urlsplit(url).password or "nothing secret") not in answer.out


def test_the_address_that_is_asked_for_with_its_password_connects(acme: Acme) -> None:
    answer = acme("connect", "--show-password")
    address = answer.out.partition("psql '")[2].partition("'")[0]
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("select 1")

        assert cursor.fetchall() == [(1,)]
    connection.close()
