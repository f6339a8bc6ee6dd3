"""docs/serving.md: each command and address of it works as it stands there."""

import re
import shlex

import pytest

from acme_assets_tests.web.served import NEWEST, Served
from acme_platform.config.settings import PROJECT
from acme_platform.web import answers
from acme_platform.web.charts import MOST_MARKS
from acme_platform.web.door import LONGEST
from acme_platform.web.server import CONNECTIONS

TEXT = (PROJECT / "docs/serving.md").read_text(encoding="utf-8")
#: the day of the example is not filled here
ADDRESSES = [found.replace("2024-04-02", str(NEWEST)) for found in re.findall(r"`(/[^` ]*)`", TEXT)]


@pytest.mark.parametrize("address", dict.fromkeys(ADDRESSES))
def test_each_address_answers(served: Served, address: str) -> None:
    assert served.get(address).status == 200


@pytest.mark.parametrize("line", re.findall(r"^curl .+$", TEXT, re.MULTILINE))
def test_each_request_of_a_program_answers(served: Served, line: str) -> None:
    (url,) = [word for word in shlex.split(line) if word.startswith("http")]
    assert served.get(url.removeprefix("http://127.0.0.1:3010")).status == 200


def test_the_bounds_are_those_of_the_program() -> None:
    said = re.findall(
        r"^\| (questions at the same time|a question|rows of .+|a chart|a CSV file|an address|connections) \| ([\d,]+)",
        TEXT,
        re.MULTILINE,
    )
    assert [int(number.replace(",", "")) for _, number in said] == [
        answers.AT_ONCE, answers.STATEMENT_SECONDS, answers.MOST_ROWS, MOST_MARKS,
        answers.FILE_SECONDS / 60, LONGEST, CONNECTIONS,
    ]  # fmt: skip
