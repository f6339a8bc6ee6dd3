"""The reference of `docs/types.md`: what each type accepts, in Python, and odd spellings.

Belongs here: the rule as it is written for people, without PostgreSQL and without the code that asks it. Not here:
judging (`test_spelling.py`).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

#: what Unicode says of a character: separators, controls; and those that only their names tell
INVISIBLE = {
    chr(code)
    for code in range(1, 0x110000)
    if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Cc"}
    or (
        unicodedata.category(chr(code)) == "Cf"
        and not 0xE0000 <= code < 0xE1000
        and code not in range(0x13430, 0x13440)
    )
} - set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
INVISIBLE |= set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")

ABBREVIATED = {"CET", "CST6CDT", "EET", "EST", "EST5EDT", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "WET"}
ZONES = {
    name.lower(): name for name in available_timezones() - ABBREVIATED - {"Factory", "localtime", "posixrules", "GMT"}
}


def bare(text: str) -> str:
    """Whatever is invisible at its ends is taken away, one character after the other."""
    while text and text[0] in INVISIBLE:
        text = text[1:]
    while text and text[-1] in INVISIBLE:
        text = text[:-1]
    return text


def whole(text: str, bits: int) -> int | None:
    if not re.fullmatch("-?[0-9]+", text) or len(text.lstrip("-0")) > 20:
        return None
    size = int(text.lstrip("-0") or 0)
    number = -size if text.startswith("-") else size
    return number if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else None


def number(text: str, digits: int, scale: int) -> Decimal | None:
    match = re.fullmatch(r"-?([0-9]*)(?:\.([0-9]*))?", text)
    if not match or not (match[1] or match[2]) or len(text) > 1000:
        return None
    before, behind = match[1].lstrip("0"), (match[2] or "").rstrip("0")
    if len(before) > digits - scale or len(behind) > scale:
        return None
    size = Decimal(f"{before or 0}.{behind or 0}")
    return -size if text.startswith("-") else size


def day(text: str) -> date | None:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


CLOCK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})? ?(.*)", re.DOTALL)
OFFSET = re.compile(
    r"(?:UTC|GMT)?([+-])([0-9]{2}):?([0-9]{2})?|(?:UTC|GMT)([+-])([0-9])(?::([0-9]{2}))?", re.IGNORECASE
)


def moment(text: str) -> datetime | None:
    if midnight := day(text):
        return datetime(midnight.year, midnight.month, midnight.day, tzinfo=UTC)
    match = CLOCK.fullmatch(text)
    if not match:
        return None
    try:
        shown = datetime.fromisoformat(match[1] + (match[2] or "").ljust(7, "0") if match[2] else match[1])
    except ValueError:
        return None
    zone = match[3]
    if zone.upper() in {"", "UTC", "GMT", "Z"}:
        # behind the seconds one blank, and it needs a zone
        return shown.replace(tzinfo=UTC) if zone or not text.endswith(" ") else None
    if offset := OFFSET.fullmatch(zone):
        return _behind(shown, *(part or "" for part in offset.groups()))
    return _in_zone(shown, ZoneInfo(ZONES[zone.lower()])) if zone.lower() in ZONES else None


def _behind(shown: datetime, *parts: str) -> datetime | None:
    sign, hours, minutes = [one or other for one, other in zip(parts[:3], parts[3:], strict=True)]
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if int(minutes or 0) > 59 or offset > timedelta(hours=14):
        return None
    return (shown - offset if sign == "+" else shown + offset).replace(tzinfo=UTC)


def _in_zone(shown: datetime, zone: ZoneInfo) -> datetime | None:
    """None where clocks in the zone show this never, or twice."""
    both = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    real = {one for one in both if one.astimezone(zone).replace(tzinfo=None) == shown}
    return real.pop() if len(real) == 1 else None


def flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower()) if text.isascii() else None


def words(text: str) -> str | None:
    composed = unicodedata.normalize("NFC", text)
    return composed if len(composed.encode()) <= 2000 else None


#: type -> what a bare text is; None where it is refused
REFERENCE: dict[str, Callable[[str], object]] = {
    "bigint": lambda text: whole(text, 64),
    "integer": lambda text: whole(text, 32),
    "numeric(14,2)": lambda text: number(text, 14, 2),
    "numeric(5,1)": lambda text: number(text, 5, 1),
    "date": day,
    "timestamp with time zone": moment,
    "boolean": flag,
    "text": words,
    "character varying(5)": lambda text: (
        unicodedata.normalize("NFC", text) if len(unicodedata.normalize("NFC", text)) <= 5 else None
    ),
}

_digit = st.sampled_from("0123456789" * 5 + "\uff11\u0663\u0967²")
_digits = st.text(_digit, max_size=6)
_odd_number = st.builds(
    "".join,
    st.lists(
        st.one_of(
            _digits, st.sampled_from(["-", "+", ".", ",", "_", "e5", "E-2", "0x", " ", "\u00a0", "NaN", "inf", "$"])
        ),
        max_size=5,
    ),
)
_large = st.one_of(
    st.integers(-(2**65), 2**65).map(str), st.sampled_from([2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**31]).map(str)
)
_decimal = st.builds(lambda sign, a, b: f"{sign}{a}.{b}", st.sampled_from(["", "-", "+"]), _digits, _digits)
_long = st.builds(
    lambda a, n, b: f"{a}{'0' * n}{b}", st.sampled_from(["", "0.", "1.", "1"]), st.integers(1, 20000), _digits
)
_days = st.one_of(
    st.dates().map(str),
    st.builds(
        "{}-{}-{}".format,
        st.sampled_from(["2024", "2023", "0000", "10000", "24", "1969", "-2024", "9999"]),
        st.sampled_from(["01", "2", "02", "12", "13", "00", "Feb", "0a"]),
        st.sampled_from(["01", "1", "29", "30", "31", "32", "3Z", "00"]),
    ),
    st.sampled_from(
        ["today", "now", "epoch", "infinity", "20240131", "31.01.2024", "2024-02-30", "J2451187", "2024.031"]
    ),
)
_clocks = st.one_of(
    st.datetimes(datetime(1900, 1, 1), datetime(2099, 1, 1)).map(lambda one: one.isoformat(" ", "seconds")),
    st.builds(
        "{}{}{}".format,
        _days,
        st.sampled_from([" ", "T", "  ", "\u00a0", ""]),
        st.sampled_from(
            ["00:00:00", "02:30:00", "24:00:00", "23:59:60", "12:00", "1:00:00", "12:0:00", "12.00.00", "25:00:00"]
        ),
    ),
    # clocks were set forward or back in some zones on these days
    st.builds(
        "{} {:02}:{:02}:00".format,
        st.sampled_from(
            ["2024-03-10", "2024-03-31", "2024-10-27", "2024-11-03", "2024-10-06", "2024-04-07", "2011-12-30"]
        ),
        st.integers(0, 4),
        st.sampled_from([0, 15, 30, 45]),
    ),
)
_fractions = st.sampled_from(["", "", "", ".5", ".123456", ".1234567", ".", ",5", ".5.5", ".000000"])
_zones = st.one_of(
    st.sampled_from(
        ["", "UTC", "GMT", "Z", "z", "utc", "+02", "+0200", "-02:30", "+2", "UTC+3", "GMT-05:00", "UTC+0330"]
    ),
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
    st.sampled_from(
        ["IST", "CST", "BST", "ABC", "XYZ", "ABC3", "XYZ-3", "Abc/Def", "Europe/Berlin3", "posix/Europe/Berlin"]
    ),
    st.sampled_from(
        ["PM", "AM", "BC", "AD", "Monday", "UTC EST", "allballs", "<ABC>3", "Etc/GMT+15", "Etc/GMT+03", "T"]
    ),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "UTC", "GMT", "utc", "Z", "UTC ", "EST"]),
        st.sampled_from(["+", "-", "\u2212", "+-"]),
        st.sampled_from(
            [
                "0",
                "3",
                "03",
                "14",
                "14:00",
                "14:01",
                "15:59",
                "1400",
                "1401",
                "0060",
                "00:30",
                "3:30",
                "330",
                "033000",
                "99",
            ]
        ),
    ),
)
_moments = st.builds("{}{}{}{}".format, _clocks, _fractions, st.sampled_from(["", " ", " ", "  ", "\t"]), _zones)
_flags = st.sampled_from(["true", "TRUE", "True", "tRuE", "false", "FALSE", "t", "f", "yes", "on", "1", "0", "truth"])
_words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.builds(lambda one, times: one * times, st.sampled_from(["a", "é", "日", "🙂", "e\u0301"]), st.integers(1, 2100)),
    st.sampled_from(["Co\u0302te", "Côte", "\u212b", "\u0958", "ｶﾞ", "नि", "\u0645\u06cc\u200c\u062e"]),
)
_surroundings = st.text(st.sampled_from(sorted(INVISIBLE)), max_size=2)
OWN = {
    "bigint": st.one_of(_odd_number, _large, _long),
    "integer": st.one_of(_odd_number, _large, _long),
    "numeric(14,2)": st.one_of(_odd_number, _decimal, _long),
    "numeric(5,1)": st.one_of(_odd_number, _decimal, _long),
    "date": _days,
    "timestamp with time zone": _moments,
    "boolean": _flags,
    "text": _words,
    "character varying(5)": _words,
}


def odd(kind: str) -> st.SearchStrategy[str]:
    """A text, more often than not of that kind, in whatever surrounds it."""
    anything = st.one_of(_odd_number, _decimal, _days, _moments, _flags, _words)
    return st.builds("{}{}{}".format, _surroundings, OWN[kind] | OWN[kind] | anything, _surroundings)
