-- Which versions a day sees, spelt once. PostgreSQL puts the condition in the place of the call, so plans and indexes
-- are those of the condition; docs/decisions/0002-as-of.md has the measurements.

-- Who may read staging may call it.
create function staging.as_of(day date, valid_to date, as_of date) returns boolean
language sql immutable parallel safe
return day <= as_of and (valid_to is null or valid_to > as_of);

comment on function staging.as_of(date, date, date) is
'a version of a row of staging, with its day and its valid_to, is valid on the day as_of';
