"""Replies of Redis as redis-cli prints them."""

import pytest
from redis.exceptions import ResponseError

from acme_platform.cli.terminal.reply import Reply, raw, readable


@pytest.mark.parametrize(
    ("reply", "people", "programs"),
    [
        (None, "(nil)", b""),
        (26, "(integer) 26", b"26"),
        (b"OK", "OK", b"OK"),
        (b"12473316.34", '"12473316.34"', b"12473316.34"),
        (b"Cote d'Ivoire", '"Cote d\'Ivoire"', b"Cote d'Ivoire"),
        (b'say "hi"\n\\', '"say \\"hi\\"\\n\\\\"', b'say "hi"\n\\'),
        ("é".encode(), '"\\xc3\\xa9"', b"\xc3\xa9"),
        ([], "(empty array)", b""),
        ([b"a", 1, None], '1) "a"\n2) (integer) 1\n3) (nil)', b"a\n1\n"),
        ([b"a", [b"b", b"c"]], '1) "a"\n2) 1) "b"\n   2) "c"', b"a\nb\nc"),
        (ResponseError("unknown command"), "(error) unknown command", b"unknown command"),
    ],
)
def test_a_reply_in_both_forms(reply: Reply, people: str, programs: bytes) -> None:
    """With types and numbering for people, the bare bytes for programs."""
    assert readable(reply) == people
    assert raw(reply) == programs


def test_ten_and_more_are_numbered_in_line() -> None:
    """The numbers of a list are as wide as its last."""
    lines = readable([b"x"] * 10).split("\n")

    assert (lines[0], lines[9]) == (' 1) "x"', '10) "x"')
