"""`acme export`: answers as files, and by mail through a real server."""

import re
from pathlib import Path

import pytest

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.mailbox import mailbox
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.services import Services

from .conftest import Acme

SALES = {"country_spenders", "customer_orders", "sales_by_country", "top_paying_customers"}


@pytest.fixture
def answered(services: Services, servers_of_the_tests: None) -> None:  # noqa: ARG001 (addresses)
    deliver(services, 1, 2)
    Pipeline(services).fill(day(1), day(2))


def test_all_answers_are_written_and_those_that_lack_one_are_named(acme: Acme, answered: None, tmp_path: Path) -> None:  # noqa: ARG001 (rows)
    told = acme("export", "--all", "--to", tmp_path / "out")

    assert told.code == 0, told.err
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert {re.sub(r"_result_\d{8}_\d{6}\.csv$", "", name) for name in files} == SALES
    assert "open_orders has no answer yet" in told.err
    (orders,) = (tmp_path / "out").glob("customer_orders_*")
    assert orders.read_text().splitlines()[1:] == ["1,Ann,2", "2,Bob,0"]


def test_an_earlier_day_is_answered_as_of_that_day(acme: Acme, answered: None, tmp_path: Path) -> None:  # noqa: ARG001 (rows)
    acme("export", "customer_orders", "--day", day(1), "--to", tmp_path)

    (orders,) = tmp_path.glob("customer_orders_*")
    assert orders.read_text().splitlines()[1] == "1,Ann,1"


def test_the_files_are_mailed(acme: Acme, answered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 (rows)
    with mailbox() as box:
        monkeypatch.setenv("ACME_SMTP_URL", box.url)
        told = acme("export", "--all", "--to", tmp_path / "out", "--mail", "ann@acme.example")

    assert told.code == 0, told.err
    (mail,) = box.mails
    assert mail["To"] == "ann@acme.example"
    sent = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    written = {file.name: file.read_text() for file in (tmp_path / "out").iterdir()}
    assert {name: text.splitlines() for name, text in sent.items()} == {
        name: text.splitlines() for name, text in written.items()
    }


@pytest.mark.parametrize(
    ("words", "next_step"),
    [(["export"], "acme export --all"), (["export", "--all", "--mail", "ann@acme.example"], "smtp://host:port")],
)
def test_what_is_missing_is_said_with_the_next_command(
    acme: Acme,
    answered: None,  # noqa: ARG001 (addresses)
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    next_step: str,
) -> None:
    monkeypatch.delenv("ACME_SMTP_URL", raising=False)
    told = acme(*words)

    assert told.code == 2
    assert next_step in told.err


def test_without_any_answer_nothing_is_written(acme: Acme, servers_of_the_tests: None, tmp_path: Path) -> None:  # noqa: ARG001 (addresses)
    told = acme("export", "--all", "--to", tmp_path / "out")

    assert told.code == 2
    assert not (tmp_path / "out").exists()
