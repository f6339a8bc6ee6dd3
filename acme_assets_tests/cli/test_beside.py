"""What `acme up` runs beside Dagster: the questions, unless they are left out, or cannot be, which is said."""

from dataclasses import replace

import pytest

from acme_platform.cli.service.beside import questions
from acme_platform.cli.service.serve import LOOPBACK
from acme_platform.config.settings import Settings
from acme_platform.deployment.processes import free_port
from acme_platform.web.server import listening


@pytest.fixture
def embedded(settings: Settings) -> Settings:
    return replace(settings, warehouse_url=None, serve_port=free_port())


def test_questions_are_answered_where_the_setting_says(embedded: Settings) -> None:
    assert questions(embedded) == {"questions": ["acme", "serve", "--port", str(embedded.serve_port)]}


def test_a_port_of_0_leaves_them_out(embedded: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert questions(replace(embedded, serve_port=0)) == {}
    assert "".join(capsys.readouterr()) == ""


def test_a_taken_port_is_said_and_nothing_more(embedded: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(LOOPBACK, embedded.serve_port):
        assert questions(embedded) == {}
    why = f"port {embedded.serve_port} of 127.0.0.1 is taken; ACME_SERVE_PORT names another one"
    assert capsys.readouterr().err == f"questions are not answered in the browser: {why}\n"


def test_a_warehouse_without_a_reader_is_said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert questions(replace(settings, serve_port=free_port())) == {}
    assert "ACME_SERVE_URL is not set" in capsys.readouterr().err
    known = replace(settings, serve_port=free_port(), serve_url="postgresql://acme_reader:word@127.0.0.1/warehouse")
    assert list(questions(known)) == ["questions"]
