"""The warehouse: how PostgreSQL is reached, and what its tables are made of."""
