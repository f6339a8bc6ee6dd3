-- What the clocks of a zone show comes twice in the hour in which they are set back, and never in the one that is left
-- out in spring: PostgreSQL chooses one of two, or another time.

create function reference.instants(shown timestamp, zone text) returns timestamptz[] -- noqa: LT01 (not an index)
language sql
immutable parallel safe
as $$
    select coalesce(array_agg(distinct instant), '{}')
    from unnest(array[interval '-24 hours', interval '0', interval '24 hours']) as distance
    cross join lateral (select (shown at time zone zone) + distance as moment) as near
    cross join lateral (
        select (shown - ((moment at time zone zone) - (moment at time zone 'UTC'))) at time zone 'UTC' as instant
    ) as candidate
    where instant at time zone zone = shown
$$;

comment on function reference.instants is
'when clocks in the zone show this: once, but never or twice where their distance from UTC changes';
