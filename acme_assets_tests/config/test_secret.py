"""What of an address is shown: enough to recognize it, and never a password."""

import pytest

from acme_platform.config.secret import scrub, shown, value


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://acme:canary@db.example:5432/warehouse", "postgresql://acme@db.example:5432/warehouse"),
        ("postgresql://acme:can%40ary@db.example/warehouse", "postgresql://acme@db.example/warehouse"),
        ("postgresql://db.example/warehouse?user=acme&password=canary", "postgresql://db.example/warehouse"),
        ("redis://:canary@cache.example:6379/0", "redis://@cache.example:6379/0"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("/srv/lake", "/srv/lake"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, says: str) -> None:
    """Scheme, user, host, port and name are what a person compares."""
    assert shown(url) == says


@pytest.mark.parametrize("letter", ["#", "?", "/", "@"])
def test_an_address_that_ends_its_password_early_is_not_shown_at_all(letter: str) -> None:
    """Unencoded, the letter makes what follows it a host, a port or a query, or what stands before it."""
    url = f"postgresql://acme:12{letter}canary@db.example/warehouse"

    assert shown(url) == "***"


def test_of_aws_only_what_is_no_secret_is_shown() -> None:
    """A variable that we do not know may hold a key."""
    assert value("AWS_DEFAULT_REGION", "eu-central-1") == "eu-central-1"
    assert value("AWS_ENDPOINT_URL", "http://canary:canary@store:7070") == "http://canary@store:7070"
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SOMETHING_NEW"):
        assert value(name, "canary") == "***"


def test_messages_of_others_lose_every_form_of_a_secret() -> None:
    """A driver may quote the URL, the password as written, or the password as meant."""
    environ = {
        "ACME_WAREHOUSE_URL": "postgresql://acme:can%40ary@h/w?sslpassword=second",
        "AWS_SECRET_ACCESS_KEY": "third",
    }
    said = "bad postgresql://acme:can%40ary@h/w?sslpassword=second:\n can@ary, can%40ary, second, third, acme"

    assert scrub(said, environ) == "bad ***: ***, ***, ***, ***, acme"
