"""What values mean is part of the version of the tables that are judged by it: a change of it is an older SQL.

Belongs here: a fixed list of spellings, as each version of the rules reads them. Not here: whether they read them well
(`test_spelling.py`).
"""

import pytest

from acme_assets_tests.values.test_spelling import judge
from acme_platform.model import fingerprint
from acme_platform.registry import catalog
from acme_platform.services import Services

REFUSED = "refused"
#: version of the rules -> type -> text -> what it means. Never change one: a change of the rules is a new version, with
#: a list of its own that says what became of these texts
MEANT: dict[int, dict[str, dict[str, str]]] = {
    1: {
        "bigint": {
            "7": "7",
            "-007": "-7",
            "+7": REFUSED,
            "7.0": REFUSED,
            "0x1F": REFUSED,
            "1_000": REFUSED,
            "": "None",
        },
        "numeric(14,2)": {
            "1.50": "1.50",
            ".5": "0.50",
            "1.500": "1.50",
            "1.505": REFUSED,
            "0,50": REFUSED,
            "1e3": REFUSED,
            "NaN": REFUSED,
        },
        "date": {"2024-02-29": "2024-02-29", "2024-2-9": REFUSED, "01/03/2024": REFUSED, "tomorrow": REFUSED},
        "timestamp with time zone": {
            "2024-02-10 12:00:00 UTC": "2024-02-10 12:00:00+00:00",
            "2024-02-10T12:00:00Z": REFUSED,
            "2024-02-10 12:00:00 UTC+3": "2024-02-10 09:00:00+00:00",
            "2024-02-10 12:00:00+05:30": "2024-02-10 06:30:00+00:00",
            "2024-02-10 12:00:00 Europe/Berlin": "2024-02-10 11:00:00+00:00",
            "2024-02-10 12:00:00 IST": REFUSED,
            "2024-02-10 12:00:00 +15:59": REFUSED,
            "infinity": REFUSED,
        },
        "boolean": {"true": "True", "FALSE": "False", "t": REFUSED, "1": REFUSED},
        "text": {
            "\u00a0Norway\u200b": "Norway",
            "Co\u0302te": "C\u00f4te",
            "a\u00a0b": "a\u00a0b",
            "\u3164": "None",
            "x" * 2000: "x" * 2000,
            "x" * 2001: REFUSED,
        },
    }
}


def test_the_rules_have_another_number_when_a_value_means_something_else(services: Services) -> None:
    """Red: give the rules a new number (`fingerprint.VALUE_RULES`), and that number a list here."""
    assert max(MEANT) == fingerprint.VALUE_RULES
    for kind, told in MEANT[fingerprint.VALUE_RULES].items():
        judged = judge(services, kind, list(told))
        assert {
            text: REFUSED if reason else str(value) for text, (value, reason) in zip(told, judged, strict=True)
        } == told


def test_no_two_versions_of_the_rules_read_all_texts_alike() -> None:
    lists = list(MEANT.values())
    assert all(one not in lists[:place] for place, one in enumerate(lists))


@pytest.mark.parametrize("name", ["staging.sales_orders", "staging.interactions", "staging.operations_orders"])
def test_days_judged_by_other_rules_are_of_an_older_version(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {name: code_version(name), "analytics.sales_by_country": code_version("analytics.sales_by_country")}
    monkeypatch.setattr(fingerprint, "VALUE_RULES", fingerprint.VALUE_RULES + 1)

    assert code_version(name) != versions[name]
    assert code_version("analytics.sales_by_country") == versions["analytics.sales_by_country"]


def code_version(full_name: str) -> str:
    """Computed anew: a table computes it once."""
    table = catalog.table(full_name)
    table.__dict__.pop("code_version", None)
    try:
        return table.code_version
    finally:
        table.__dict__.pop("code_version", None)
