"""Values: texts, numbers and moments that are in the subset in one form only, or of one kind.

Belongs here: one condition a part, which names the line of `INSTEAD` that is broken, or None. Not here: clauses
(`clauses.py`), numbers (`numbers.py`).
"""

import re
from collections.abc import Mapping

from sqlglot import exp
from sqlglot.expressions import DType

from acme_platform.portable.kinds import BOOLEAN, DATE, MOMENT, NUMERIC, TEXT, WHOLE, kind
from acme_platform.portable.parts import UNKNOWN, around, is_day_like, is_text, within
from acme_platform.portable.pattern import is_portable

FLOATING = "::real, ::double precision, ::timestamp, ::time, ::json"
OTHER_TYPE = "a text :: another type"
WHOLES = {DType.SMALLINT, DType.INT, DType.BIGINT}
TARGETS = WHOLES | {DType.DECIMAL, DType.TEXT, DType.VARCHAR, DType.DATE, DType.TIMESTAMPTZ, DType.BOOLEAN}
#: what a literal text may say where it is cast
SPELT: Mapping[DType, str] = {
    DType.DATE: r"\d{4}-\d\d-\d\d",
    DType.TIMESTAMPTZ: r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?",
    DType.BOOLEAN: "true|false",
    **dict.fromkeys(WHOLES, r"-?\d{1,9}"),
    DType.DECIMAL: r"-?\d{1,9}(\.\d{1,9})?",
}


#: as what a literal text is read beside a value of that kind
READ: Mapping[str, DType] = {
    DATE: DType.DATE,
    MOMENT: DType.TIMESTAMPTZ,
    WHOLE: DType.BIGINT,
    NUMERIC: DType.DECIMAL,
    BOOLEAN: DType.BOOLEAN,
}


def cast(node: exp.Cast) -> str | None:
    target, value = node.to.this, within(node.this)
    if target not in TARGETS:
        return FLOATING
    if target == DType.VARCHAR and node.to.expressions:
        return "::varchar(3)"
    if target in {DType.TEXT, DType.VARCHAR}:
        return _as_text(value)
    if is_text(value):
        return None if re.fullmatch(SPELT[target], value.name) else OTHER_TYPE
    return _of_kind(target, value)


def _of_kind(target: DType, value: exp.Expr) -> str | None:
    """A cast of what is no literal text."""
    of = kind(value)
    if isinstance(value, exp.Null | exp.Placeholder):
        return None
    if of == TEXT:
        return OTHER_TYPE
    known = {
        DType.DATE: {DATE, MOMENT}, DType.TIMESTAMPTZ: {DATE, MOMENT}, DType.BOOLEAN: {BOOLEAN},
        DType.DECIMAL: {WHOLE, NUMERIC},
    }.get(target, {WHOLE, NUMERIC, BOOLEAN})  # fmt: skip
    if of in known:
        return None
    return None if target == DType.DATE and is_day_like(value) else UNKNOWN


def _as_text(value: exp.Expr) -> str | None:
    """Of a value that becomes a text."""
    of = kind(value)
    if is_text(value) or isinstance(value, exp.Null):
        return None
    if of == NUMERIC:
        is_cast = isinstance(value, exp.Cast) and value.to.expressions
        return None if is_cast else "a numeric || 'x', a numeric ::text"
    if of == MOMENT or isinstance(value, exp.TimestampTrunc | exp.AtTimeZone):
        return "a moment || 'x', a moment ::text"
    return None if of in {TEXT, WHOLE, DATE, BOOLEAN} else UNKNOWN


def joined(node: exp.Expr) -> str | None:
    """Not of a truth: `concat` calls it t where a cast calls it true."""
    parts = node.expressions if isinstance(node, exp.Concat | exp.ConcatWs) else [node.this, node.expression]
    if any(kind(part) == BOOLEAN for part in parts):
        return "f || 'x', concat(f)"
    return next((fault for part in parts if (fault := _as_text(within(part)))), None)


def compared(node: exp.Expr) -> str | None:
    """A literal text beside another value is read as one of these."""
    sides = [node.this, *(node.args.get(word) for word in ("expression", "low", "high")), *node.expressions]
    known = [side for side in sides if isinstance(side, exp.Expr)]
    kinds = {kind(within(side)) for side in known if not is_text(within(side))}
    texts = [within(side).name for side in known if is_text(within(side))]
    spelt = next((SPELT[READ[one]] for one in kinds if one in READ), None)
    return None if spelt is None or all(re.fullmatch(spelt, text) for text in texts) else OTHER_TYPE


def at_zone(node: exp.AtTimeZone) -> str | None:
    is_day = isinstance(around(node), exp.Cast) and kind(node.this) == MOMENT and is_text(node.args["zone"])
    return None if is_day else "x at time zone 'UTC', as a value"


def matched(node: exp.RegexpLike) -> str | None:
    pattern = node.expression
    return None if is_text(pattern) and is_portable(pattern.name) else "~ with . \\d \\w \\s (?…)"


def from_literal(node: exp.Left | exp.Right | exp.Substring) -> str | None:
    numbers = [node.expression] if isinstance(node, exp.Left | exp.Right) else [node.args.get("start")]
    least = 0 if isinstance(node, exp.Left | exp.Right) else 1
    good = all(isinstance(part, exp.Literal) and not part.is_string and int(part.name) >= least for part in numbers)
    return None if good else "left(x, -1), substring(x, 0)"


def moment_as_text(node: exp.TimeToStr) -> str | None:
    form = node.args["format"]
    good = (
        kind(within(node.this)) in {DATE, MOMENT}
        and is_text(form)
        and re.fullmatch(r"(%[YmdHMS]|[-/:. _])+", form.name)
    )
    return None if good else "to_char(x, 'Mon')"
