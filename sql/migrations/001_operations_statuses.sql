-- What an order's status means. Databases that are older than this file have the table already.

-- One row is one status of an order. The only place that says which orders are open and which are pending.
create table if not exists reference.operations_statuses (
    status text primary key,
    is_open boolean not null,
    is_pending boolean not null
);

insert into reference.operations_statuses (status, is_open, is_pending)
values
('PENDING', true, true),
('PROCESSING', true, false),
('REPROCESSING', true, false),
('COMPLETED', false, false),
('DELETED', false, false)
on conflict (status) do nothing;

comment on column reference.operations_statuses.is_open is 'not completed; a status that this table lacks is open too';
comment on column reference.operations_statuses.is_pending is 'nobody has begun with it';
