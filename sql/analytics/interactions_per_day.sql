-- One row is one calendar day on which somebody interacted, as of a day.
create table analytics.interactions_per_day (
    day date not null,                 -- as of this day
    interacted_on date not null,       -- the calendar day
    interaction_count bigint not null, -- interactions on it
    primary key (day, interacted_on)
);

select
    %(day)s::date as day,
    interacted_on,
    count(*) as interaction_count
from staging.interactions
where staging.as_of(day, valid_to, %(day)s)
group by interacted_on;
