"""Databases of a test's own on a server that others use as well.

Belongs here: making, naming and dropping them. Not here: what is in them.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import errors, sql


@contextmanager
def database(url: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    statement(url, "create database {} template {}", name, template)
    yield beside(url, name)
    _drop(url, name)


def _drop(url: str, name: str) -> None:
    """Autovacuum may be at work there for a moment, and only a superuser may end it."""
    for _ in range(100):
        with suppress(errors.InsufficientPrivilege):
            return statement(url, "drop database {} with (force)", name)
        time.sleep(0.1)
    return statement(url, "drop database {} with (force)", name)


def statement(url: str, text: str, *names: str) -> None:
    """Outside a transaction, where databases are made and dropped."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def exists(url: str, database: str) -> bool:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_database where datname = %s)", (database,))
        return bool(cursor.fetchall()[0][0])


def beside(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()
