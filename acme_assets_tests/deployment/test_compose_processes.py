"""The platform as compose.yaml starts it, without an engine: each container's command and environment as a process.

One test and not one for each step: starting it takes half a minute on two cores.
"""

import json
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]  # boto3 ships no types
import psycopg2
import pytest
import redis
from psycopg2.extensions import parse_dsn

from acme_assets_tests.support.as_account import as_account
from acme_assets_tests.support.composed import PROJECT, filled, services_of
from acme_assets_tests.support.containers import Containers
from acme_platform.deployment.processes import LOOPBACK
from acme_platform.embedded import wheel

DELIVERY = {
    "sales/customers/2024-01-02.csv": "customer_id,customer_name,country\n1,Ada,USA\n2,Ben,USA\n3,Cleo,Peru\n",
    "sales/orders/2024-01-02.csv": (
        "order_id,customer_id,order_date,amount\n11,1,2024-01-01,10.00\n12,1,2024-01-02,5.50\n13,3,2024-01-02,0.05\n"
    ),
}
#: Ada ordered twice and Ben never; Cleo once
ANSWER = [("Peru", 1, 1, Decimal("0.05")), ("USA", 1, 2, Decimal("15.50"))]
IN_REDIS = {"users_counts": "1", "order_amount": "15.50"}
RELOAD = 'mutation { reloadRepositoryLocation(repositoryLocationName: "acme_assets.definitions") { __typename } }'


@pytest.fixture
def containers(tmp_path: Path, s3: str) -> Iterator[Containers]:
    token = secrets.token_hex(8)
    (tmp_path / "typed").mkdir()
    env = filled(tmp_path / "typed", lambda name: token + name.replace("_", ""))
    folder = tmp_path / "running"
    (folder / "volume").mkdir(parents=True)
    with ExitStack() as cleanup:
        made = Containers(services_of(env), folder, token, cleanup)
        made.ports["store", "7070"] = str(urlsplit(s3).port)
        made.done.add("store")
        made.write_workspace()
        yield made


@pytest.mark.slow
def test_the_commands_of_compose_make_a_platform_that_answers(containers: Containers) -> None:
    start_postgres(containers)
    containers.start("valkey")
    containers.until_listening("valkey", "6379")
    for one_shot in ("lake-volume", "bucket", "migrate"):
        containers.run(one_shot)
    containers.start("code")
    containers.until_listening("code", "4000")
    containers.until_healthy("code")
    for name in ("webserver", "viewers", "daemon", "questions"):
        containers.start(name)
    deliver(containers)
    containers.until_healthy("webserver", "viewers", "daemon", "questions")
    assert reload_code(containers, "viewers") == "UnauthorizedError"
    assert reload_code(containers, "webserver") == "WorkspaceLocationEntry"
    containers.until(lambda: in_redis(containers) == IN_REDIS, "the answer in Redis")
    assert in_warehouse(containers) == ANSWER
    assert asked(containers) == ANSWER
    assert containers.token not in everything_that_dagster_stored(containers)
    containers.stop()
    assert secrets_kept_in(containers) == []


def start_postgres(containers: Containers) -> None:
    """A new volume as the image makes it: the superuser's password, and then deploy/databases.sql."""
    given, data = containers.environment("postgres"), containers.folder / "postgres"
    data.mkdir()
    words = ["-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--pwfile=/dev/stdin"]
    program(as_account(data, wheel.postgresql("initdb"), *words), said=given["POSTGRES_PASSWORD"])
    port = containers.port("postgres", "5432")
    more = ["-D", str(data), "-p", port, "-c", "unix_socket_directories="]
    containers.start("postgres", *more, before=as_account(data))
    containers.until_healthy("postgres")
    superuser = {"PGPASSWORD": given["POSTGRES_PASSWORD"], "PGHOST": LOOPBACK, "PGPORT": port, "PGUSER": "postgres"}
    schema = [str(wheel.postgresql("psql")), "-v", "ON_ERROR_STOP=1", "-f", "deploy/databases.sql"]
    program(schema, environment=given | superuser)


def program(command: list[str], *, said: str = "", environment: Mapping[str, str] | None = None) -> str:
    """One of PostgreSQL's own."""
    done = subprocess.run(
        command, cwd=PROJECT, env=environment or {}, input=said, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def deliver(containers: Containers) -> None:
    """As somebody else's program does, who has a key of the store."""
    known = containers.environment("bucket")
    client = boto3.client(
        "s3",
        endpoint_url=known["AWS_ENDPOINT_URL"],
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        region_name=known["AWS_DEFAULT_REGION"],
    )
    with closing(client):
        for key, text in DELIVERY.items():
            client.put_object(Bucket="lake", Key=key, Body=text.encode())


def in_redis(containers: Containers) -> object:
    url = containers.environment("code")["ACME_REDIS_URL"]
    with closing(redis.Redis.from_url(url, decode_responses=True)) as client:
        return client.hgetall("country:USA")


def in_warehouse(containers: Containers) -> list[tuple[object, ...]]:
    url = containers.environment("code")["ACME_WAREHOUSE_URL"]
    with closing(psycopg2.connect(url)) as warehouse, warehouse.cursor() as cursor:
        cursor.execute(
            "select country, users_counts, registered_customers, order_amount from analytics.sales_by_country"
            " where day = '2024-01-02' order by country"
        )
        return cursor.fetchall()


def asked(containers: Containers) -> list[tuple[object, ...]]:
    """The same, of whoever has a browser: the largest amount stands first."""
    port = containers.port("questions", "3010")
    url = f"http://{LOOPBACK}:{port}/api/questions/sales_by_country?day=2024-01-02"
    with urllib.request.urlopen(url, timeout=30) as reply:  # our own address
        rows = json.load(reply)["rows"]
    counts = ("country", "users_counts", "registered_customers")
    return sorted((*(row[name] for name in counts), Decimal(row["order_amount"])) for row in rows)


def reload_code(containers: Containers, name: str) -> str:
    """What the UI answers to somebody who wants to change something."""
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{containers.port(name, '3000')}/graphql",
        json.dumps({"query": RELOAD}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310  # our own address
        return str(json.load(reply)["data"]["reloadRepositoryLocation"]["__typename"])


def everything_that_dagster_stored(containers: Containers) -> str:
    address = parse_dsn(containers.environment("code")["ACME_DAGSTER_URL"])
    known = {"PGDATABASE" if name == "dbname" else f"PG{name.upper()}": value for name, value in address.items()}
    stored = program([str(wheel.postgresql("pg_dump"))], environment=known)
    assert "sales_arrivals" in stored
    return stored


def secrets_kept_in(containers: Containers) -> list[str]:
    """Names of logs and of Dagster's files in which a secret stands."""
    files = [*containers.folder.glob("*.log"), *(containers.folder / "volume").rglob("*")]
    return [file.name for file in files if file.is_file() and containers.token.encode() in file.read_bytes()]
