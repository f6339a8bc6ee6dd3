"""The canary: a word in every secret, and nobody who looks anywhere finds it.

A platform runs on real servers whose passwords hold every letter that some reader takes for the end of a password, with
commands, runs and sensors that fail for each kind of reason. Then every place is read in which people look.
"""

import json
import os
import stat
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import boto3  # type: ignore[import-untyped]  # boto3 ships no types
import psycopg2
import pytest
import redis
from playwright.sync_api import sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM
from acme_assets_tests.embedded.homes import command_lines, until
from acme_assets_tests.support.databases import beside, statement
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.mailbox import Mailbox, mailbox
from acme_assets_tests.support.up import ACME
from acme_platform.deployment.processes import free_port
from acme_platform.embedded import Addresses

# the mail server dislikes passwords without TLS; these never leave the machine
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

CANARY = "zugvok"
PASSWORD = f"{CANARY}%@/#?:[]& +{CANARY}"
ENCODED = quote(PASSWORD, safe="")
LINES = b"order_id,customer_id,order_date,amount\n"
#: what people look at in the UI; the pages get all that they show from here
PAGES = ("/", "/server_info", "/runs", "/assets", "/automation", "/deployment/locations", "/deployment/config")
QUESTIONS = """
{ instance { info daemonHealth { allDaemonStatuses { daemonType lastHeartbeatErrors { message stack } } } } }
{ workspaceOrError { ... on Workspace { locationEntries { name displayMetadata { key value } } } } }
{ runsOrError { ... on Runs { results { id runConfigYaml tags { key value } eventConnection { events { __typename \
 ... on MessageEvent { message } ... on ExecutionStepFailureEvent { error { message stack causes { message stack } } } \
 } } } } } }
{ assetNodes { description metadataEntries { label description } } }
""".strip()


@dataclass(frozen=True)
class Place:
    """A home whose every address holds the canary."""

    home: Path
    environ: Mapping[str, str]

    def acme(self, *words: str, **changed: str) -> str:
        done = subprocess.run(
            [ACME, *words],
            env={**self.environ, **changed},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout + done.stderr

    def wrong(self, name: str, *, unreachable: bool = False) -> str:
        """The address with another password, or of a server that is not there."""
        parts = urlsplit(self.environ[name])
        host = f"127.0.0.1:{1 if unreachable else parts.port}"
        return parts._replace(netloc=f"{parts.username or ''}:{ENCODED}x@{host}").geturl()


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox(login=True) as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path, logical: Logical, servers: Addresses, s3: str, box: Mailbox) -> Iterator[Place]:
    names = ("canary_warehouse", "canary_dagster", "canary_finance")
    with closing(psycopg2.connect(logical.url)) as connection, connection.cursor() as cursor:
        cursor.execute("create role canary superuser login password %s", (PASSWORD,))
        connection.commit()
    for name in names:
        statement(logical.url, "create database {} owner canary", name)
    at_logical = f"postgresql://canary:{ENCODED}@127.0.0.1:{logical.port}"
    valkey = urlsplit(servers.redis_url)
    with redis.Redis.from_url(servers.redis_url) as client:
        client.acl_setuser("canary", enabled=True, passwords=[f"+{PASSWORD}"], categories=["+@all"], keys=["*"])
    aws = {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": f"{CANARY}KEY",
        "AWS_SECRET_ACCESS_KEY": f"{CANARY}/secret+",
        "AWS_SESSION_TOKEN": f"{CANARY}token=",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.items():
            patch.setenv(name, value)
        with closing(boto3.client("s3")) as client:
            client.create_bucket(Bucket="canary-lake")
    yield Place(
        tmp_path / "home",
        {
            "PATH": os.environ["PATH"],
            "ACME_HOME": str(tmp_path / "home"),
            "ACME_FIRST_DAY": "2024-01-01",
            "ACME_WAREHOUSE_URL": f"{at_logical}/canary_warehouse",
            "ACME_DAGSTER_URL": f"{at_logical}/canary_dagster",
            "ACME_SOURCE_FINANCE_URL": f"{at_logical}/canary_finance",
            "ACME_OPERATIONS_URL": f"{at_logical}/canary_finance",
            "ACME_REDIS_URL": f"redis://canary:{ENCODED}@127.0.0.1:{valkey.port}/15",
            "ACME_SMTP_URL": box.url.replace("//", f"//anna%40acme.example:{ENCODED}@"),
            "ACME_ALERT_TO": "anna@acme.example",
            "ACME_LAKE_URL": "s3://canary-lake/files",
            **aws,
        },
    )
    with redis.Redis.from_url(servers.redis_url) as client:
        client.acl_deluser("canary")
    for name in names:
        statement(logical.url, "drop database {} with (force)", name)
    statement(logical.url, "drop role canary")


def table_texts(url: str) -> str:
    """Every row of every table, and what the server tells of whoever is connected."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        tables = [table for (table,) in cursor.fetchall()]
        assert tables
        texts = []
        for table in [*tables, "pg_stat_activity"]:
            cursor.execute(f"select string_agg(one::text, chr(10)) from {table} as one")  # noqa: S608  # names of the server
            texts.append(f"{table}: {cursor.fetchall()[0][0]}")
        return "\n".join(texts)


def rendered(port: int, folder: Path) -> str:
    """Pages as a browser shows them, and what they were made of."""
    told = ""
    for question in QUESTIONS.splitlines():
        body = json.dumps({"query": question}).encode()
        request = urllib.request.Request(  # our own
            f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # our own
            found = answer.read().decode()
            assert "errors" not in json.loads(found), found
            told += found
    for page in PAGES:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=60) as answer:  # our own
            told += answer.read().decode()
    # where no browser is, what pages are made of has been read above
    if CHROMIUM is None:
        return told
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            folder, executable_path=CHROMIUM, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        window = browser.new_page()
        for page in PAGES:
            window.goto(f"http://127.0.0.1:{port}{page}")
            window.wait_for_timeout(2000)
            told += window.content()
        browser.close()
    return told


@pytest.mark.slow
def test_the_canary_is_seen_nowhere(place: Place, logical: Logical, tmp_path: Path) -> None:
    said = [place.acme("sample", "sales", "--days", "2024-01-01"), place.acme("migrate")]
    file = tmp_path / "orders.csv"
    # a second table behind the first row: the header is right, so only the load refuses it
    file.write_bytes(LINES + b"1,1,2024-01-02,1.00\n" + LINES)
    said.append(place.acme("deliver", "sales", "orders", str(file), "--day", "2024-01-02"))
    port = free_port()
    with (tmp_path / "said").open("w") as output:
        up = subprocess.Popen(
            [ACME, "up", "--port", str(port)], env=place.environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        until(lambda: up.poll() is not None or "the Dagster UI is at" in (tmp_path / "said").read_text(), 300)
        assert up.poll() is None, (tmp_path / "said").read_text()
        warehouse = beside(logical.url, "canary_warehouse")
        until(lambda: "sales/orders/2024-01-02" in ledger(warehouse), 180)
        said += commands(place)
        said += ["\n".join(command_lines().values()), rendered(port, tmp_path / "browser")]
        said += [table_texts(beside(logical.url, name)) for name in ("canary_warehouse", "canary_dagster")]
    finally:
        up.terminate()
        up.wait(120)
    said.append((tmp_path / "said").read_text())
    files = [path for path in place.home.rglob("*") if path.is_file()]
    said += [path.read_text(errors="replace") for path in files]
    everything = "\n".join(said)
    for word in ("raw.sales_orders", "ACME_REDIS_URL", "refuses", "RunStartEvent", "canary-lake", "dagster-webserver"):
        assert word in everything, word
    assert [line[:300] for line in everything.splitlines() if CANARY in line] == []
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o002] == []


def ledger(url: str) -> str:
    try:
        return table_texts(url)
    except (psycopg2.Error, AssertionError):
        time.sleep(1)
        return ""


def commands(place: Place) -> list[str]:
    """Those that work, and those that fail for each reason."""
    urls = ("ACME_WAREHOUSE_URL", "ACME_DAGSTER_URL", "ACME_REDIS_URL")
    names = ("ACME_SOURCE_FINANCE_URL", "ACME_OPERATIONS_URL")
    days = ("--days", "2024-01-01..2024-01-02")
    return [
        place.acme("status"),
        place.acme("doctor"),
        place.acme("run", *days, "--select", "group:sales", "--force"),
        place.acme("run", *days, "--select", "group:operations"),
        place.acme("psql", "-c", "select nothing"),
        place.acme("redis", "PING"),
        place.acme("export", "top_paying_customers", "--day", "2024-01-01", "--mail", "ben@acme.example"),
        *(
            place.acme("status", **{name: place.wrong(name, unreachable=gone)})
            for name in urls
            for gone in (False, True)
        ),
        place.acme("run", *days, "--force", "--select", "cache/country", ACME_REDIS_URL=place.wrong("ACME_REDIS_URL")),
        place.acme("doctor", **{name: place.environ[name].replace("%40", "@", 1) for name in urls}),
        place.acme("doctor", **dict.fromkeys(names, place.wrong(names[0])), ACME_SOURCE_STRAY_URL=CANARY),
        place.acme("doctor", **dict.fromkeys(names, place.environ[names[0]].replace("%40", "@", 1))),
        place.acme("doctor", **{names[1]: place.wrong(names[0])}),
        place.acme("doctor", AWS_ENDPOINT_URL="http://127.0.0.1:1"),
        place.acme("status", AWS_ENDPOINT_URL=f"http://key:{CANARY}@127.0.0.1:1"),
    ]
