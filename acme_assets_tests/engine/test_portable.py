"""What the portable subset holds gives the same rows on both engines: a statement for every word of its list."""

import pytest

from acme_assets_tests.engine.alike import Both, parsed
from acme_platform.portable.subset import faults
from acme_platform.portable.words import WORKS

PROOFS = r"""
select distinct g, f from staging.thing order by g, f;
select id, n from staging.thing order by n desc, id;
select g, id from staging.thing order by g nulls first, id;
select s from staging.thing order by s desc;
select id from staging.thing order by id limit 2 offset 1;
select g as x, count(*) as rows from staging.thing group by x having count(*) > 1 order by 1;
select g, count(*) filter (where f) as rows, sum(n) filter (where g = 'a') as n, min(s) filter (where n > 0) as
    s from staging.thing group by g order by g;
select count(distinct n) as n, count(n) as m, count(*) as rows, sum(d) as d, sum(distinct n) as k, min(ts) as
    ts, max(dt) as dt, bool_and(f) as every_f, bool_or(f) as some_f from staging.thing;
select sum(n) as n, max(n) as m, count(n) as c from staging.thing where false;
select id, g from staging.thing as a join staging.thing as b using (id, g) order by id;
select a.id, b.n from staging.thing as a left join staging.thing as b on a.id = b.n order by a.id, b.n;
select a.id, b.id as other from staging.thing as a full join staging.thing as b on a.id = b.n order by 1, 2;
select a.id, b.id as other from staging.thing as a right join staging.thing as b on a.id = b.n order by 1, 2;
select a.id, b.id as other from staging.thing as a cross join staging.thing as b where a.id < b.id order by 1, 2;
with a as (select id, g from staging.thing), b as (select * from a) select b.* from b order by id;
select g from staging.thing union select 'q' order by 1;
select g from staging.thing union all select 'q' order by 1;
select g from staging.thing except select 'a' order by 1;
select g from staging.thing intersect select 'a' order by 1;
select id from staging.thing where n in (2, 3, null) or g in ('B') order by id;
select id from staging.thing where n not in (select n from staging.thing where id < 3) order by id;
select count(*) as rows from staging.thing where n not in (select n from staging.thing);
select id from staging.thing as a where id = 1 or not exists (select from staging.thing as b where b.n = a.n and
    b.id > 2) order by id;
select a.id from staging.thing as a where not exists (select from staging.thing as b where b.g = a.g and b.id <
    a.id) order by a.id;
select id, (select max(n) from staging.thing) as most from staging.thing order by id;
select id, g is distinct from 'a' as x, g is not distinct from null as y, f is not true as z, f is false as v, f
    is null as w, n is not null as u from staging.thing order by id;
select id, not f as x, f and n > 0 as y, f or n is null as z, n >= 2 as u, n <= 2 as v, n < 2 as w, n <> 2 as a
    from staging.thing order by id;
select id from staging.thing where dt between '2024-01-01' and %(day)s and g = 'a' order by id;
select id, case when n > 2 then 'x' when n is null then 'y' else 'z' end as x, case g when 'a' then 1 end as y,
    coalesce(n, 0) as n, nullif(n, 7) as m from staging.thing order by id;
select id, least(n, 2) as x, greatest(n, b) as y, greatest(s, 'b') as z, least(dt, '2024-02-01'::date) as u from
    staging.thing order by id;
select id, d * d as a, d + n as b, d - b as c, d * 1.5 as e, -d as f, abs(d) as g, ceil(d) as h, floor(d) as i,
    round(d) as j, round(d, 1) as k, mod(n, 2) as l, n / 2 as m, round(d / 7, 2) as o, round(avg(d), 2) as p from
    staging.thing group by id, d, n, b order by id;
select id, f::integer as a, f::text as b, n::text as c, dt::text as e, d::numeric(10, 1)::text as g,
    d::numeric(14, 4) as h, ts::date as i, dt::timestamptz as j, n::numeric(10, 2) as k, '2024-01-31'::date as l,
    '12'::bigint as m, 'true'::boolean as o, d::bigint as p from staging.thing order by id;
select id, s || g as a, id || 'x' as b, dt || 'x' as c, 'a\nb' as e, 'it''s' as f, concat(s, g, null) as g,
    concat_ws('|', s, g) as h from staging.thing order by id;
select id, left(s, 2) as a, right(s, 2) as b, length(s) as c, trim(s) as e, ltrim('  a ') as f, rtrim(' a ') as
    g, trim(both 'x' from 'xax') as h, replace(s, 'e', 'EE') as i, position('r' in s) as j, strpos(s, 'e') as k,
    split_part(s, '_', 2) as l, split_part(s, '|', -1) as m, substring(s, 2, 2) as o, substring(s from 3) as p,
    translate(s, 'ABCDE', 'abcde') as q, length('😀é') as r, normalize('e' || s) as t from staging.thing order by id;
select id, s like 'a\_b%%' as a, s not like '%%r%%' as b, s ~ '^[A-Z]' as c, s !~ 'r' as e, s ~ '^(a|b)[a-z_]+'
    as f, s ~ '\|' as g, s ~ 'n{2}' as h, s ~ '[\u00C0-\u00D6]' as i from staging.thing order by id;
select id, to_char(dt, 'YYYY-MM-DD') as a, to_char(ts, 'YYYY/MM/DD HH24:MI:SS') as b from staging.thing order by
    id;
select id, date_trunc('month', dt)::date as a, date_trunc('week', dt)::date as b, date_trunc('day', ts) as c,
    date_trunc('year', ts)::date as e, date_trunc('quarter', dt)::date as f from staging.thing order by id;
select id, extract(year from dt) as a, extract(month from ts) as b, extract(day from dt) as c, extract(quarter
    from dt) as e, extract(doy from dt) as f, extract(week from dt) as g, extract(hour from ts) as h, extract(minute
    from ts) as i, extract(dow from ts) as j, extract(isodow from dt) as k from staging.thing order by id;
select id, (dt + interval '1 month')::date as a, (dt - interval '1 year')::date as b, ts + interval '30 days' as
    c, ts - interval '1 month' as e, ts + interval '1 day 2 hours' as f, dt + 6 as g, dt - 6 as h, %(day)s - dt as
    i, dt >= %(day)s::date - interval '2 months 3 days' as j from staging.thing order by id;
select id from staging.thing where ts - '2024-01-01'::timestamptz > interval '30 days' and ts > '2024-01-31'
    order by id;
select id, (ts at time zone 'UTC')::date as a, (ts at time zone 'Europe/Berlin')::date as b from staging.thing
    order by id;
select (date_trunc('month', %(day)s::date) - make_interval(months => back))::date as a from generate_series(0,
    3) as back order by 1;
select x::date as x from generate_series('2024-01-30'::date, '2024-02-02'::date, interval '1 day') as x order by
    1;
select id, row_number() over (order by n desc, id) as a, rank() over (order by g) as b, dense_rank() over (order
    by g desc) as c, lag(n) over (order by id) as e, lead(n, 2) over (partition by g order by id) as f, lag(n, 1, 0)
    over (order by id) as g, first_value(n) over (order by id) as h, last_value(n) over (order by id) as i from
    staging.thing order by id;
select id, sum(n) over (order by id) as a, sum(b) over (partition by g order by id rows between 1 preceding and
    current row) as b, count(*) over () as c, max(n) over (partition by g) as e, min(d) over (order by g) as f from
    staging.thing order by id;
"""
STATEMENTS = [statement.strip() for statement in PROOFS.split(";") if statement.strip()]


def test_every_word_of_the_list_is_proved() -> None:
    proved = {type(node) for statement in STATEMENTS for node in parsed(statement).walk()}
    assert {written for kind, written in WORKS.items() if kind not in proved} == set()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_the_subset_gives_the_same_rows_on_both_engines(engines: Both, statement: str) -> None:
    assert list(faults(parsed(statement))) == []
    expected = engines.postgresql(statement)
    assert engines.on_spark(statement) == expected != []
