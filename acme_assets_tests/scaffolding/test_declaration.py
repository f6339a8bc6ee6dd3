"""A module keeps every word of its author, and has the new ones where they belong."""

import pytest

from acme_platform.errors import UsageError
from acme_platform.scaffolding.declaration import module, with_promise, with_tables

SHORT = '''"""A feed."""

from acme_platform.model.table import Feed, analytics, cache

FEED = Feed(
    name="a",  # ä comment
    tables=(
        analytics("b"),  # of all
        cache("c", keys="c:*", must=["d"])
    ),
)
'''


def test_new_tables_stand_behind_the_others_and_their_words_are_imported() -> None:
    assert with_tables(SHORT, ['raw("x", delivered="x")', 'staging("x")'], ("raw", "staging")) == SHORT.replace(
        "Feed, analytics, cache", "Feed, analytics, cache, raw, staging"
    ).replace(
        'must=["d"])\n',
        'must=["d"]),\n        raw("x", delivered="x"),\n        staging("x"),\n',
    )


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("analytics.b", 'analytics("b")', 'analytics("b", should=["new"])'),
        ("cache.c", 'must=["d"])', 'must=["d"], should=["new"])'),
    ],
)
def test_a_line_without_such_a_word_gets_it(table: str, before: str, after: str) -> None:
    assert with_promise(SHORT, table, "new") == SHORT.replace(before, after)


def test_a_line_with_such_a_word_gets_one_more() -> None:
    once = with_promise(SHORT, "analytics.b", "first")
    assert 'analytics("b", should=["first", "second"]),  # of all' in with_promise(once, "analytics.b", "second")


def test_a_line_that_becomes_too_long_is_broken_at_its_arguments() -> None:
    long = "a_promise_that_takes_" + 60 * "x"
    twice = with_promise(with_promise(SHORT, "analytics.b", "first"), "analytics.b", long)
    assert (
        f'        analytics(\n            "b",\n            should=["first", "{long}"],\n        ),  # of all\n'
        in twice
    )


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (SHORT, "analytics.other"),
        ("from acme_platform.model.table import *\nFEED = Feed(tables=made())\n", "analytics.b"),
        ('FEED = Feed(tables=(analytics("b", should=PROMISES),))\n', "analytics.b"),
    ],
)
def test_what_is_not_written_out_is_left_to_a_person(text: str, table: str) -> None:
    with pytest.raises(UsageError, match="add this by hand: should="):
        with_promise(text, table, "new")


def test_a_new_module_declares_its_feed() -> None:
    found: dict[str, object] = {}
    exec(module("a", ['raw("a", delivered="a")'], ("raw",)), found)  # noqa: S102  # a module of ours
    assert found["FEED"].deliveries["a"].full_name == "raw.a"  # type: ignore[attr-defined]
