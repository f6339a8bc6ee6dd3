-- Corrections that people were told of.

alter table ledger.corrections add told_at timestamptz;

-- those of before this release are no news
update ledger.corrections set told_at = corrected_at;

create index on ledger.corrections (table_name) where told_at is null;

comment on column ledger.corrections.told_at is
'when a mail told of it; empty also where it is of a day that was still growing, which nobody is told';
