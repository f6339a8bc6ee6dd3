-- One row is one row of a delivered interactions file, as text, exactly as it came.
create table raw.interactions (
    interaction_id text, -- the interaction's number
    user_id text,        -- who did it
    product_id text,     -- what it was done to
    action text,         -- like click, hover, purchase
    timestamp text       -- the day on which it happened
);
