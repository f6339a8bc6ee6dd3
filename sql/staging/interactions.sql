-- One row is one version of an interaction, valid from its day until the next delivery of the same interaction.
-- A row with any field missing is not clean and stands in quarantine: of the ten rows of the small sample seven stay.
create table staging.interactions (
    interaction_id bigint not null check (interaction_id > 0), -- the interaction's number, which alone identifies it
    day date not null,                                         -- day of the delivery that said so
    valid_to date,                                             -- day of the next version, empty for the newest
    user_id bigint not null check (user_id > 0),               -- who did it
    product_id bigint not null check (product_id > 0),         -- what it was done to
    action text not null,                                      -- like click, hover, purchase
    interacted_on date not null,                               -- the day on which it happened
    primary key (interaction_id, day)
);

create index on staging.interactions (day);

select
    delivery_id,
    row_number,
    interaction_id,
    user_id,
    product_id,
    action,
    timestamp as interacted_on
from raw.interactions
where day = %(day)s;
