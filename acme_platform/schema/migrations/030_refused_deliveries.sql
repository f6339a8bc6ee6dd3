-- Deliveries of which too much cannot be read: they are refused as a whole, and what they replaced comes back.

alter table ledger.deliveries drop constraint deliveries_state_check;
alter table ledger.deliveries
add constraint deliveries_state_check check (state in ('landed', 'visible', 'standby', 'refused', 'replaced')),
add column is_staged boolean not null default false,
add column has_too_many_rejects boolean not null default false,
add column accepted_by text;

comment on column ledger.deliveries.state is
'landed: read, not yet visible; visible: in raw; refused: as a whole; replaced: a newer one is there;'
' standby: replaced by one that staging has not taken yet, in raw again if that one is refused';
comment on column ledger.deliveries.is_staged is 'staging took its rows: it stands until a newer one is staged';
comment on column ledger.deliveries.has_too_many_rejects is 'refused for its rejects, which a person may accept';
comment on column ledger.deliveries.accepted_by is
'the run in which a person accepted its rejects, however many; empty: the tolerance of its feed counts';

-- What raw holds and staging has read stands.
update ledger.deliveries set is_staged = true
from ledger.builds as raw, ledger.builds as staged
where
    deliveries.state = 'visible'
    and raw.table_name = deliveries.table_name and raw.day = deliveries.day
    and staged.day = raw.day and (staged.seen ->> raw.table_name)::bigint = raw.change;
