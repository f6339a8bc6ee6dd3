"""Every type of `form.py` against the reference of `docs/types.md`, on thousands of odd spellings."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets_tests.support import spelling
from acme_platform.config.settings import PROJECT
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table, staging
from acme_platform.services import Services
from acme_platform.transform.judgement import EVERY_ROW
from acme_platform.values.cast import judged


def odd_table(kind: str) -> Table:
    """A table of one value of the type."""
    made = staging("odd")
    select = "select 1 as delivery_id, row_number, value from odd"
    made.__dict__["sql"] = SqlFile("staging", "odd", f"create table staging.odd (value {kind});\n{select}")
    return made


def judge(services: Services, kind: str, texts: list[str]) -> list[tuple[object, str | None]]:
    """(value, reason) of each text."""
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute(
            "create temporary table odd on commit drop as select row_number, value from"
            " unnest(%s::text[]) with ordinality as given (value, row_number)",
            (texts,),
        )
        cursor.execute(judged(odd_table(kind), EVERY_ROW), {"day": date(2024, 3, 1)})
        return [(value, reason) for _, _, value, reason in sorted(cursor.fetchall(), key=lambda row: row[1])]


def expected(kind: str, text: str) -> tuple[object, bool]:
    """(value, whether it is refused): a text of blanks is missing, and nothing is wrong with that."""
    bare = spelling.bare(text)
    value = spelling.REFERENCE[kind](bare) if bare else None
    return value, bool(bare) and value is None


@pytest.mark.few(2)
@pytest.mark.parametrize("kind", spelling.REFERENCE)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(drawn=st.data())
def test_a_type_accepts_what_is_written_of_it_and_nothing_else(
    services: Services, kind: str, drawn: st.DataObject
) -> None:
    texts = drawn.draw(st.lists(spelling.odd(kind), min_size=50, max_size=50))
    found = [(value, reason is not None) for value, reason in judge(services, kind, texts)]
    wrong = {
        text: (one, wanted) for text, one in zip(texts, found, strict=True) if one != (wanted := expected(kind, text))
    }
    assert not wrong


def examples() -> list[tuple[str, str, str]]:
    """(type, text, what it becomes) of every line of the document's tables."""
    found, kind = [], ""
    for line in (PROJECT / "docs/types.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line.split("`")[1]
        elif line.startswith("| `"):
            _, text, becomes, _ = (cell.strip() for cell in line.split("|"))
            found.append((kind, text.strip("`"), becomes.strip("`")))
    return found


def test_the_document_says_what_is_accepted(services: Services) -> None:
    kinds = {kind for kind, _, _ in examples()}
    assert kinds == {"bigint", "numeric(14,2)", "date", "timestamp with time zone", "boolean", "text"}
    for kind in kinds:
        told = {text: becomes for of, text, becomes in examples() if of == kind}
        found = judge(services, kind, list(told))
        assert {
            text: str(value) if reason is None else "refused" for text, (value, reason) in zip(told, found, strict=True)
        } == told
