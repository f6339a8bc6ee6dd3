-- The catalog of Iceberg, where tables of the lake have that format and the user has none. pyiceberg makes its tables.

create schema iceberg;

comment on schema iceberg is
'catalog of the tables of the lake that are read as Iceberg; written by pyiceberg';
