"""Words: what the portable subset holds, and what to write instead of what it does not.

Belongs here: the two lists, which `docs/engine-sql.md` shows. Not here: judging a file by them (`subset.py`).

A word stands in the first list once a statement with it gave the same rows on both engines (`test_portable.py`). What
stands in neither is refused, too: nothing runs because nobody thought of it.
"""

from collections.abc import Mapping

from sqlglot import exp

#: what a select is made of besides words
BARE = frozenset({
    exp.Alias, exp.Boolean, exp.CTE, exp.Column, exp.DataType, exp.DataTypeParam, exp.From, exp.Identifier, exp.If,
    exp.IntervalSpan, exp.Kwarg, exp.Literal, exp.Null, exp.Ordered, exp.Paren, exp.Placeholder, exp.Star, exp.Subquery,
    exp.Table, exp.TableAlias, exp.Tuple, exp.Var, exp.WindowSpec,
})  # fmt: skip

#: part of a select -> as people write it
WORKS: Mapping[type[exp.Expr], str] = {
    exp.Select: "select", exp.With: "with", exp.Where: "where", exp.Group: "group by", exp.Having: "having",
    exp.Order: "order by", exp.Limit: "limit", exp.Offset: "offset", exp.Distinct: "distinct", exp.Join: "join",
    exp.Union: "union", exp.Except: "except", exp.Intersect: "intersect", exp.Exists: "exists", exp.Filter: "filter",
    exp.Window: "over", exp.And: "and", exp.Or: "or", exp.Not: "not", exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<",
    exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.Between: "between", exp.In: "in", exp.Is: "is",
    exp.NullSafeEQ: "is not distinct from", exp.NullSafeNEQ: "is distinct from", exp.Like: "like", exp.RegexpLike: "~",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "mod", exp.Neg: "-", exp.DPipe: "||",
    exp.Case: "case", exp.Cast: "::", exp.Interval: "interval", exp.AtTimeZone: "at time zone",
    exp.Abs: "abs", exp.Avg: "avg", exp.Ceil: "ceil", exp.Coalesce: "coalesce", exp.Concat: "concat",
    exp.ConcatWs: "concat_ws", exp.Count: "count", exp.TimestampTrunc: "date_trunc", exp.DenseRank: "dense_rank",
    exp.ExplodingGenerateSeries: "generate_series", exp.Extract: "extract", exp.FirstValue: "first_value",
    exp.Floor: "floor", exp.Greatest: "greatest", exp.Lag: "lag", exp.LastValue: "last_value", exp.Lead: "lead",
    exp.Least: "least", exp.Left: "left", exp.Length: "length", exp.LogicalAnd: "bool_and", exp.LogicalOr: "bool_or",
    exp.MakeInterval: "make_interval", exp.Max: "max", exp.Min: "min", exp.Normalize: "normalize",
    exp.Nullif: "nullif", exp.Rank: "rank", exp.Replace: "replace", exp.Right: "right", exp.Round: "round",
    exp.RowNumber: "row_number", exp.SplitPart: "split_part", exp.StrPosition: "position", exp.Substring: "substring",
    exp.Sum: "sum", exp.TimeToStr: "to_char", exp.Translate: "translate", exp.Trim: "trim",
}  # fmt: skip

_CASE = "translate(x, 'ABC…', 'abc…'), or the spellings that there are"
_INNER = "a select of its own, joined by its key"
#: what is refused -> what to write for it
INSTEAD: Mapping[str, str] = {
    "lower(x), upper(x), initcap(x)": _CASE,
    "ilike, ~*": "like or ~ over the spellings that there are",
    "~ with . \\d \\w \\s (?…)": "~ with [a-z], [0-9], (a|b), ^, $, *, +, ?, {2}: a literal pattern",
    "similar to": "like, or ~",
    "regexp_replace(…), regexp_match(…)": "split_part, position, substring, translate",
    "count(distinct a, b)": "count(*) from (select distinct a, b from …)",
    "(a, b) in (…)": "exists (…), or a = c and b = d",
    "a / b of numerics": "round(a / b, 2)",
    "avg(x)": "round(avg(x), 2); with filter or over: sum and count",
    "a * b * c with seven digits behind the point": "round(a * b, 2) * c, or casts ::numeric(p, s) with fewer",
    "f || 'x', concat(f)": "f::text",
    "round(x, 9)": "round(x, 6): a literal number of digits, 6 at most",
    "normalize(x, NFD)": "normalize(x)",
    "trunc(x), div(a, b)": "floor(x), ceil(x), a / b of whole numbers",
    "a % b": "mod(a, b) of whole numbers",
    "power(…), sqrt(…), stddev(…), random()": "sums of numerics; floating numbers differ by engine",
    "::varchar(3)": "left(x, 3)",
    "::real, ::double precision, ::timestamp, ::time, ::json": (
        "::bigint, ::integer, ::numeric(p, s), ::text, ::date, ::timestamptz, ::boolean"
    ),
    "a text :: another type": "the type in the table that declares the column: staging reads it",
    "1e3": "1000",
    "a numeric || 'x', a numeric ::text": "x::numeric(14, 2)::text",
    "a moment || 'x', a moment ::text": "to_char(x, 'YYYY-MM-DD HH24:MI:SS')",
    "to_char(x, 'Mon')": "to_char of a date or a moment with YYYY, MM, DD, HH24, MI, SS",
    "a date + interval, as a value": "(x + interval '1 month')::date",
    "x at time zone 'UTC', as a value": "(x at time zone 'UTC')::date",
    "extract(epoch from x), age(a, b)": "a - b: of dates in days, of moments beside an interval",
    "now(), current_date": "%(day)s",
    "left(x, -1), substring(x, 0)": "left(x, 1), substring(x, 1): literal numbers, from 1 on",
    "array[…], unnest(…), array_agg(x), string_agg(x, ',')": "rows, and a join",
    "->, ->>, ?, jsonb_…": "columns: declare them in raw",
    "percentile_cont(…) within group, mode()": "row_number() over (order by x) and count(*) over ()",
    "ntile(…), percent_rank(), cume_dist(), nth_value(…)": "row_number() and count(*) over ()",
    "over (… range between …)": "over (… rows between …)",
    "window w as (…)": "over (…), written out",
    "rollup, cube, grouping sets": "union all of selects",
    "with recursive": "generate_series in from",
    "generate_series in select": "generate_series in from",
    "lateral": _INNER,
    "(select … where inner.x = outer.x), as a value": _INNER,
    "except all, intersect all": "except, intersect",
    "natural join": "join … using (…)",
    "fetch first … with ties, for update, tablesample": "rank() over (…)",
    "collate": "nothing: texts are in the order of their bytes",
    '"Name"': "name: small letters",
    "a part whose type is not known": "a column of a table that a feed declares: nobody knows the types of others",
    "x in (select …) beside or, as a value": "exists (…)",
    "staging.as_of(…) elsewhere than in where or on, and's aside": (
        "where staging.as_of(x.day, x.valid_to, %(day)s) and …, or join … on … and staging.as_of(…)"
    ),
    "distinct on (…)": "row_number() over (partition by … order by …), and = 1 in a select around it",
    "interval '1:30', interval '1 day 2 hours' beside nothing": "interval '26 hours'",
    "values": "select … union all select …",
}

#: part of a select -> the refusal that it stands under
REFUSED: Mapping[type[exp.Expr], str] = {
    kind: written
    for written, kinds in {
        "lower(x), upper(x), initcap(x)": (exp.Lower, exp.Upper, exp.Initcap),
        "ilike, ~*": (exp.ILike, exp.RegexpILike),
        "similar to": (exp.SimilarTo,),
        "regexp_replace(…), regexp_match(…)": (exp.RegexpReplace, exp.RegexpExtract, exp.RegexpSplit),
        "trunc(x), div(a, b)": (exp.Trunc, exp.IntDiv),
        "power(…), sqrt(…), stddev(…), random()": (
            exp.Pow, exp.Sqrt, exp.Exp, exp.Ln, exp.Log, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance,
            exp.VariancePop, exp.Rand, exp.Sign,
        ),
        "now(), current_date": (
            exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.Localtime, exp.Localtimestamp,
        ),
        "array[…], unnest(…), array_agg(x), string_agg(x, ',')": (
            exp.Array, exp.Unnest, exp.ArrayAgg, exp.GroupConcat, exp.Bracket, exp.Any, exp.ArrayContainsAll,
            exp.ArraySize, exp.ArrayToString,
        ),
        "->, ->>, ?, jsonb_…": (
            exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBContains, exp.JSONBExtract, exp.JSONBExtractScalar,
            exp.JSONBContainsTopKey, exp.JSONBContainsAllTopKeys, exp.JSONBContainsAnyTopKeys, exp.JSONBDeleteAtPath,
        ),
        "percentile_cont(…) within group, mode()": (exp.WithinGroup, exp.PercentileCont, exp.PercentileDisc, exp.Mode),
        "ntile(…), percent_rank(), cume_dist(), nth_value(…)": (
            exp.Ntile, exp.PercentRank, exp.CumeDist, exp.NthValue,
        ),
        "generate_series in select": (exp.GenerateSeries,),
        "lateral": (exp.Lateral,),
        "rollup, cube, grouping sets": (exp.Rollup, exp.Cube, exp.GroupingSets),
        "collate": (exp.Collate,),
        "values": (exp.Values,),
        "fetch first … with ties, for update, tablesample": (exp.Fetch, exp.Lock, exp.TableSample),
        "extract(epoch from x), age(a, b)": (exp.TsOrDsDiff,),
    }.items()
    for kind in kinds
}  # fmt: skip
#: function that sqlglot knows by its name only -> the same
NAMED: Mapping[str, str] = {
    "age": "extract(epoch from x), age(a, b)",
    "div": "trunc(x), div(a, b)",
    "clock_timestamp": "now(), current_date",
    "statement_timestamp": "now(), current_date",
    "regexp_match": "regexp_replace(…), regexp_match(…)",
    "regexp_matches": "regexp_replace(…), regexp_match(…)",
    "jsonb_object_keys": "->, ->>, ?, jsonb_…",
}
