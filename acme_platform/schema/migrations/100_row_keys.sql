-- Keys of several columns in ranges: told apart by a text of all of them, where a key of one number is that number.

alter table ledger.ranges add column row_keys text[];
alter table ledger.ranges alter column row_keys set storage external;

comment on column ledger.ranges.row_keys is
'of a table whose key has several columns, each key as a JSON array of them; then `keys` holds none';
