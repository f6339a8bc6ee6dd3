"""URLs of settings: what is refused, what is taken, and that a refusal holds nothing of the value.

`zugvok` is every secret, cut at every letter that some reader takes for the end of a password.
"""

import re
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn
from redis.connection import parse_url
from sqlalchemy import make_url

from acme_platform.config.settings import Settings
from acme_platform.config.url import endpoints, fault
from acme_platform.errors import UsageError

URLS = {
    "ACME_WAREHOUSE_URL": "postgresql://acme:{}@db.example:5432/warehouse",
    "ACME_DAGSTER_URL": "postgresql+psycopg2://acme:{}@db.example:5432/dagster",
    "ACME_SOURCE_FINANCE_URL": "postgres://acme:{}@db.example/finance",
    "ACME_SOURCE_ANY_OTHER_URL": "postgresql://acme:{}@db.example/other",
    "ACME_OPERATIONS_URL": "postgres://acme:{}@db.example/finance",
    "ACME_REDIS_URL": "rediss://:{}@cache.example:6379/0",
    "ACME_SMTP_URL": "smtp://anna:{}@mail.example:587",
}
#: a password as a person types it, and the words that say what is wrong with it
UNESCAPED = [
    ("zug%vok", "%25"),
    ("zugvok%", "%25"),
    ("zug%4gvok", "%25"),
    ("zug%00vok", "%25"),
    ("zug#vok", "%23"),
    ("zug@vok", "%40"),
    ("zug/vok", "%2F"),
    ("zug?vok", "%3F"),
    ("12/zug@vok", "%2F"),
    ("12?zug/vok", "%3F"),
    ("12#zug@vok", "%23"),
    ("zug[vok", "%5B"),
    ("zug]vok", "%5D"),
    ("zug vok", "blank"),
    ("zug\nvok", "blank"),
    ("zug\tvok", "blank"),
    ("zug\udcffvok", "not printed"),
    ("zug\uff0fvok", "has to be encoded"),
    ("zug℀vok", "has to be encoded"),
]


def everything(error: BaseException) -> str:
    """All that anybody zug get out of the exception: its text, its traceback, what it was raised from or amid."""
    told = "".join(traceback.format_exception(error))
    while chained := (error.__cause__ or error.__context__):
        told += "".join(traceback.format_exception(chained)) + repr(vars(chained)) + repr(chained.args)
        error = chained
    return told


def refused(environ: Mapping[str, str]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        Settings.from_env(environ)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert re.search("zug|vok", everything(caught.value)) is None
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(("password", "said"), UNESCAPED)
def test_a_letter_that_has_to_be_encoded_is_named_and_nothing_of_the_value_is(
    name: str, password: str, said: str
) -> None:
    error = refused({name: URLS[name].format(password)})
    assert name in error.message
    assert said in error.message


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("port", ["59999x", "zugvok", "0", "65536", "99999999", "-1", "5432x", "٥٤٣٢", "1:2"])
def test_a_port_is_a_number_from_1_to_65535(name: str, port: str) -> None:
    url = re.sub(r"(example)(:\d+)?", rf"\1:{port}", URLS[name].format("zugvok"))
    assert "port" in refused({name: url}).message


@pytest.mark.parametrize("name", URLS)
def test_a_login_without_its_host_is_refused_as_a_bad_port(name: str) -> None:
    scheme = URLS[name].partition("://")[0]
    assert "port" in refused({name: f"{scheme}://acme:zugvok"}).message


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    "text",
    [
        "zugvok",
        "https://zugvok@x",
        "POSTGRESQL://acme:zugvok@db/w",
        "acme:zugvok@db",
        "host=db password=zugvok",
        "://zugvok",
    ],
)
def test_what_is_no_url_of_its_kind_is_refused(name: str, text: str) -> None:
    assert "://" in refused({name: text}).message


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ACME_WAREHOUSE_URL", "postgresql://db/w?user=acme&password=zug&vok"),
        ("ACME_WAREHOUSE_URL", "postgresql://db/w?user=acme&password=x&zugvok=1"),
        ("ACME_WAREHOUSE_URL", "postgresql://db/w?port=zugvok"),
        ("ACME_DAGSTER_URL", "postgresql://acme:zugvok@one,two/dagster"),
        ("ACME_REDIS_URL", "redis://:zugvok@cache/zero"),
        ("ACME_REDIS_URL", "redis://cache/0?password=x&zugvok=1"),
        ("ACME_REDIS_URL", "redis://cache/0?socket_timeout=zugvok"),
        ("ACME_SMTP_URL", "smtp://anna:zugvok@mail/path"),
        ("ACME_SMTP_URL", "smtp://anna:zugvok@"),
    ],
)
def test_what_only_its_client_would_refuse_is_refused_before(name: str, url: str) -> None:
    """The client would quote it."""
    assert name in refused({name: url}).message


@pytest.mark.parametrize(
    "url",
    [
        "s3://KEY:zugvok@bucket/prefix",
        "s3://KEY:zug/vok@bucket/prefix",
        "s3://zugvok@bucket",
        "s3://[zugvok",
        "s3://bucket:zugvok/x",
        "s3://bucket/x#zugvok",
        "s3://bucket/x?zugvok=1",
        "s3:///zugvok",
        "file://zugvok/srv/lake",
        "file:///srv/lake#zugvok",
        "file:///srv/zug%vok",
        "https://zugvok@store/bucket",
    ],
)
@pytest.mark.parametrize("name", ["ACME_LAKE_URL", "ACME_TABLES_URL"])
def test_a_lake_holds_no_keys_and_nothing_of_it_is_passed_over(name: str, url: str) -> None:
    assert name in refused({name: url}).message


@pytest.mark.parametrize(
    "url", ["s3://bucket", "s3://bucket.example/a/b@c", "/srv/lake#1", "lake 1", "file:///srv/a%20b"]
)
def test_a_lake_that_can_be_found_is_taken(url: str) -> None:
    assert Settings.from_env({"ACME_LAKE_URL": url}).lake_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://key:zugvok@store:7070"),
        ("AWS_ENDPOINT_URL", "http://store:zugvok"),
        ("AWS_ENDPOINT_URL", "zugvok"),
        ("AWS_ENDPOINT_URL_S3", "http://key:zug/vok@store"),
        ("AWS_SECRET_ACCESS_KEY", "zug vok"),
        ("AWS_SECRET_ACCESS_KEY", "zugvok\n"),
        ("AWS_ACCESS_KEY_ID", "zug\rvok"),
        ("AWS_SESSION_TOKEN", "zugvok\n"),
        ("AWS_SESSION_TOKEN", "zug€vok"),
    ],
)
@pytest.mark.parametrize("lake", ["ACME_LAKE_URL", "ACME_TABLES_URL"])
def test_what_the_s3_client_would_quote_is_refused_where_the_lake_is_a_bucket(lake: str, name: str, value: str) -> None:
    """A folder does not ask for them: they may be meant for another program."""
    assert name in refused({name: value, lake: "s3://bucket"}).message
    Settings.from_env({name: value})


@pytest.mark.parametrize(
    "name",
    [
        "ACME_SOURCE_X_CAPTURE",
        "ACME_OPERATIONS_CAPTURE",
        "ACME_UI_HOSTS",
        "ACME_ALERT_TO",
        "ACME_RUN_DAYS",
        "ACME_SERVE_PORT",
        "ACME_CHANGES_SECONDS",
        "ACME_KEEP_RUNS",
        "ACME_FIRST_DAY",
        "ACME_ENGINE",
        "ACME_TABLES_FORMAT",
    ],
)
def test_a_url_in_a_setting_that_takes_none_is_not_quoted(name: str) -> None:
    """Two lines of a .env file are easily swapped."""
    assert name in refused({name: "postgresql://acme:zugvok@db.example:5432/finance"}).message


ODD = "a%@/#?:[] &=+,;'\"\\ü€"
ESCAPED = "a%25%40%2F%23%3F%3A%5B%5D%20%26%3D%2B%2C%3B%27%22%5C%C3%BC%E2%82%AC"


@pytest.mark.parametrize("name", URLS)
def test_a_password_of_any_letters_is_taken_when_they_are_encoded(name: str) -> None:
    url = URLS[name].format(ESCAPED)
    found = Settings.from_env({name: url})
    assert url in [*vars(found).values(), *(source.url for source in found.sources.values())]


def test_every_client_reads_the_same_password() -> None:
    """Of each letter that may stand as it is, too."""
    for written, meant in (
        (ESCAPED, ODD),
        ("a:b;c,d'e!f$g&h(i)j*k+l=m~n^o|p\\q", "a:b;c,d'e!f$g&h(i)j*k+l=m~n^o|p\\q"),
    ):
        url = f"postgresql://acme:{written}@db.example:5432/w"
        assert fault(url) == ""
        assert parse_dsn(url)["password"] == make_url(url).password == meant
        assert parse_url(f"redis://:{written}@cache:6379/0")["password"] == meant  # type: ignore[no-untyped-call]  # redis ships it so


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("postgresql://acme:x@db.example/w", [("db.example", 5432)]),
        ("postgresql://acme:x@db.example:6543/w?sslmode=verify-full&sslrootcert=/etc/ca.pem", [("db.example", 6543)]),
        ("postgresql://acme:x@one:1,two:2,three/w?target_session_attrs=any", [("one", 1), ("two", 2), ("three", 5432)]),
        ("postgresql://acme:x@[::1]:6543/w", [("::1", 6543)]),
        ("postgresql://acme@/w?host=/var/run/postgresql&port=6543", [("/var/run/postgresql", 6543)]),
        ("postgresql://acme:x@%2Fvar%2Frun/w", [("/var/run", 5432)]),
        ("postgresql:///w", [("localhost", 5432)]),
        ("postgresql+psycopg2://acme:x@db.example/w", [("db.example", 5432)]),
    ],
)
def test_whatever_libpq_takes_and_all_read_alike_is_taken(url: str, leads: list[tuple[str, int]]) -> None:
    assert fault(url) == ""
    assert endpoints(url, 5432) == leads


@pytest.mark.parametrize(
    "url",
    [
        "sc://localhost:15002",
        "sc://workspace.example:443/;token=zugvok;use_ssl=true",
        "spark://master:7077",
        "spark://one:7077,two:7077",
        "k8s://https://cluster.example:6443",
        "yarn",
    ],
)
def test_an_address_of_an_engine_is_taken_in_sparks_words(url: str) -> None:
    assert Settings.from_env({"ACME_ENGINE_URL": url}).engine_url == url


@pytest.mark.parametrize(
    "url",
    ["postgresql://acme:zugvok@db/w", "spark:zugvok", "spark://zug@vok:7077", "sc://host:zugvok", "yarn://zugvok"],
)
def test_another_address_of_an_engine_is_refused_and_not_quoted(url: str) -> None:
    assert "ACME_ENGINE_URL" in refused({"ACME_ENGINE_URL": url}).message


def test_tables_in_a_folder_are_named_as_engines_name_them(tmp_path: Path) -> None:
    assert Settings.from_env({"ACME_TABLES_URL": str(tmp_path)}).tables_url == tmp_path.as_uri()
    assert Settings.from_env({"ACME_TABLES_URL": "s3://bucket/tables/"}).tables_url == "s3://bucket/tables"
    assert Settings.from_env({"ACME_HOME": str(tmp_path)}).tables_url == (tmp_path / "tables").as_uri()
