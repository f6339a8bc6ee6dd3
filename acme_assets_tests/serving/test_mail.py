"""Mail: what arrives at a real server, and what its refusals mean."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from acme_assets_tests.support.mailbox import PASSWORD, USER, Mailbox, mailbox
from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput, TryAgain, UsageError
from acme_platform.serving.mail import Mailer

# the server dislikes passwords without TLS; these never leave the machine
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")

ANNA, BEN = "anna@acme.example", "ben@acme.example"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


@pytest.fixture
def locked() -> Iterator[Mailbox]:
    with mailbox(login=True) as opened:
        yield opened


def as_user(box: Mailbox, password: str, host: str = "127.0.0.1") -> Mailer:
    return Mailer(box.url.replace("127.0.0.1", f"{quote(USER)}:{quote(password, safe='')}@{host}"))


def test_a_mail_reaches_everybody_with_its_files(box: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "top.csv").write_bytes("place,name\n1,José\n".encode())
    Mailer(box.url).send(
        [ANNA, BEN], "Top\ncustomers - today", "Hello,\n\nas of 2024-01-31: é\n", [tmp_path / "top.csv"]
    )
    (mail,) = box.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (ANNA, f"{ANNA}, {BEN}", "Top customers - today")
    body = mail.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Hello,", "", "as of 2024-01-31: é"]
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("top.csv", "text/csv")
    assert file.get_content().replace("\r\n", "\n") == "place,name\n1,José\n"


def test_a_server_with_users_is_logged_in_to_and_its_user_is_the_sender(locked: Mailbox) -> None:
    as_user(locked, PASSWORD).send([BEN], "hello", "there")
    assert [mail["From"] for mail in locked.mails] == [USER]


def test_a_wrong_password_is_not_tried_again_and_not_shown(locked: Mailbox) -> None:
    with pytest.raises(MendInput) as refused:
        as_user(locked, "canary-wrong").send([BEN], "hello", "there")
    assert "canary" not in str(refused.value)
    assert refused.value.next_step == "mend ACME_SMTP_URL"
    assert locked.mails == []


def test_a_password_that_smtp_cannot_say_is_not_shown(locked: Mailbox) -> None:
    with pytest.raises(MendInput, match="not plain ASCII") as refused:
        as_user(locked, "canary-é").send([BEN], "hello", "there")
    assert "canary" not in str(refused.value)


def test_a_password_is_never_sent_in_the_open_to_another_machine(locked: Mailbox) -> None:
    """127.1 is this machine too, which only those know who ask the network."""
    with pytest.raises(MendInput, match="speaks no TLS"):
        as_user(locked, PASSWORD, host="127.1").send([BEN], "hello", "there")
    assert locked.mails == []


def test_an_address_that_the_server_does_not_know_is_named(box: Mailbox) -> None:
    with pytest.raises(MendInput, match=r"refuses nobody@acme\.example: 550"):
        Mailer(box.url).send(["nobody@acme.example"], "hello", "there")


def test_a_server_that_is_away_is_tried_again(box: Mailbox) -> None:
    with pytest.raises(TryAgain, match="was not ready"):
        Mailer("smtp://127.0.0.1:1").send([BEN], "hello", "there")
    assert box.mails == []


@pytest.mark.parametrize("text", ["anna", "anna@", "@acme.example", "anna@acme.example;ben@acme.example ben"])
def test_what_is_no_address_is_refused_before_anything_fails(text: str) -> None:
    with pytest.raises(UsageError, match="ACME_ALERT_TO"):
        Settings.from_env({"ACME_ALERT_TO": text})


def test_addresses_are_separated_by_commas() -> None:
    assert Settings.from_env({"ACME_ALERT_TO": f" {ANNA}, {BEN} "}).alert_to == (ANNA, BEN)
    assert Settings.from_env({}).alert_to == ()


def test_only_an_smtp_url_is_taken() -> None:
    with pytest.raises(UsageError, match="ACME_SMTP_URL") as refused:
        Settings.from_env({"ACME_SMTP_URL": "https://canary@mail"})
    assert "canary" not in str(refused.value)
