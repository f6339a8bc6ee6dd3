-- Whether a check had anything to look at: one that compared nothing has not passed.

alter table ledger.verdicts add column compared boolean not null default true;

comment on column ledger.verdicts.compared is
'false: there was nothing to compare, so nothing was found broken and nothing passed';
