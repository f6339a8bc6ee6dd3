"""Materialization: a day of a table is filled, or taken back."""
