-- Why the last reading of changes refused, for whoever looks before the next one.

alter table ledger.captures add column refused jsonb;

comment on column ledger.captures.refused is
'what the last reading said and what it asked for; empty when it went through';
