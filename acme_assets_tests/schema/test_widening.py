"""Widening: a type is wider when it holds every value of the other one, unchanged."""

import pytest

from acme_platform.schema.widening import is_wider


@pytest.mark.parametrize(
    ("there", "wanted", "wider"),
    [
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("integer", "numeric(10,0)", True),
        ("bigint", "numeric(18,0)", False),
        ("bigint", "numeric(21,2)", True),
        ("bigint", "numeric", True),
        ("numeric(14,2)", "numeric(18,2)", True),
        ("numeric(14,2)", "numeric(18,6)", True),
        ("numeric(14,2)", "numeric(16,6)", False),
        ("numeric(14,2)", "numeric(14,0)", False),
        ("numeric(14,2)", "numeric", True),
        ("numeric", "numeric(38,10)", False),
        ("numeric(14,2)", "double precision", False),
        ("character varying(26)", "character varying(500)", True),
        ("character varying(500)", "character varying(26)", False),
        ("character varying(500)", "text", True),
        ("text", "character varying(500)", False),
        ("text", "character varying", False),
        ("timestamp(3) without time zone", "timestamp without time zone", True),
        ("timestamp without time zone", "timestamp(3) without time zone", False),
        ("timestamp without time zone", "timestamp with time zone", False),
        ("date", "timestamp without time zone", False),
        ("text", "date", False),
        ("boolean", "text", False),
    ],
)
def test_a_wider_type_holds_every_value_unchanged(there: str, wanted: str, *, wider: bool) -> None:
    assert is_wider(there, wanted) is wider
