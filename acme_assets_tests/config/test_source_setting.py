"""Variables of sources: any number of them, older names, and two names that say two things."""

from collections.abc import Mapping

import pytest

from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import CAPTURE, URL, SourceSetting
from acme_platform.errors import UsageError

HERE, THERE = "postgresql://me:zugvok@here.example/db", "postgresql://me:zugvok@there.example/db"


def found(environ: Mapping[str, str], name: str) -> SourceSetting:
    return Settings.from_env(environ).source(name)


def test_every_source_has_an_address_and_a_slot_of_its_own() -> None:
    settings = Settings.from_env(
        {
            "ACME_SOURCE_FINANCE_URL": HERE,
            "ACME_SOURCE_STOCK_OF_GOODS_URL": THERE,
            "ACME_SOURCE_STOCK_OF_GOODS_CAPTURE": "acme_stock",
        }
    )

    finance, stock = settings.source("finance"), settings.source("stock_of_goods")
    assert (finance.url, finance.capture) == (HERE, None)
    assert (stock.url, stock.capture) == (THERE, "acme_stock")
    assert settings.source("never_said").url is None


def test_names_of_before_go_on_working_and_are_the_ones_that_are_told() -> None:
    finance = found({"ACME_OPERATIONS_URL": HERE, "ACME_SOURCE_FINANCE_CAPTURE": "acme"}, "finance")

    assert (finance.url, finance.capture) == (HERE, "acme")
    assert (finance.variable(URL), finance.variable(CAPTURE)) == ("ACME_OPERATIONS_URL", "ACME_SOURCE_FINANCE_CAPTURE")


def test_what_is_not_set_is_told_by_its_new_name() -> None:
    assert found({"ACME_OPERATIONS_URL": HERE}, "finance").variable(CAPTURE) == "ACME_SOURCE_FINANCE_CAPTURE"


def test_two_names_may_say_the_same_and_an_empty_one_says_nothing() -> None:
    both = {"ACME_SOURCE_FINANCE_URL": HERE, "ACME_OPERATIONS_URL": HERE}
    assert found(both, "finance").url == found(both | {"ACME_OPERATIONS_URL": ""}, "finance").url == HERE
    assert found(both | {"ACME_SOURCE_FINANCE_URL": ""}, "finance").url == HERE


@pytest.mark.parametrize(("kind", "values"), [("URL", (HERE, THERE)), ("CAPTURE", ("one", "other"))])
def test_two_names_that_say_two_things_are_refused_in_a_sentence_that_names_both(
    kind: str, values: tuple[str, str]
) -> None:
    names = (f"ACME_SOURCE_FINANCE_{kind}", f"ACME_OPERATIONS_{kind}")
    with pytest.raises(UsageError) as refused:
        Settings.from_env(dict(zip(names, values, strict=True)))

    assert [name in refused.value.message for name in names] == [True, True]
    assert refused.value.next_step == f"unset ACME_OPERATIONS_{kind}"
    assert "zugvok" not in str(refused.value)


def test_a_slot_whose_name_cannot_be_one_is_told_by_its_variable() -> None:
    for name in ("ACME_SOURCE_STOCK_CAPTURE", "ACME_OPERATIONS_CAPTURE"):
        with pytest.raises(UsageError, match=name):
            Settings.from_env({name: "Robert'; drop"})


def test_the_address_is_not_in_what_is_printed_of_the_settings() -> None:
    assert "zugvok" not in repr(Settings.from_env({"ACME_SOURCE_STOCK_URL": HERE}))
