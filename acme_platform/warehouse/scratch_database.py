"""A scratch database: beside the warehouse, on its server, for work that must not touch what is there.

Belongs here: making and dropping one. Not here: what is done in it.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from acme_platform.warehouse.connection import address, translated

PREFIX = "acme_scratch_"


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """The URL of an empty database, which is dropped at the end. Raises MendInput where the role may make none."""
    name = f"{PREFIX}{secrets.token_hex(6)}"
    _execute(url, "create database {}", name)
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(url, "drop database if exists {} with (force)", name)


def _execute(url: str, statement: str, database: str) -> None:
    """Outside of a transaction, where databases are made and dropped."""
    try:
        with closing(psycopg2.connect(url, connect_timeout=10)) as opened, opened.cursor() as cursor:
            opened.autocommit = True
            cursor.execute(sql.SQL(statement).format(sql.Identifier(database)))
    except psycopg2.Error as error:
        raise translated(error, address(url)) from error
