-- The schema of exports: what was written to the lake of each day.
create schema export;
