-- Roles and databases of a new PostgreSQL, run once by its image as the superuser; the platform itself never is one.
-- Passwords come from the environment by \getenv, so that none stands on a command line.
\getenv warehouse_password WAREHOUSE_PASSWORD
\getenv dagster_password DAGSTER_PASSWORD
\getenv reader_password READER_PASSWORD

create role acme login password :'warehouse_password';
create role dagster login password :'dagster_password';
-- Who answers questions to others: what it may read `acme migrate` grants.
create role acme_reader login password :'reader_password';
alter role acme_reader set default_transaction_read_only = on;
create database warehouse owner acme;
create database dagster owner dagster;

-- Anybody may connect to a new database by default: here only its owner, and whom the owner lets in.
revoke connect on database warehouse, dagster from public;
grant connect on database warehouse to acme_reader;
