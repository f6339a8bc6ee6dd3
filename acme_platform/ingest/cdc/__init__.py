"""Change data capture: every insert, update and delete, from PostgreSQL's log."""
