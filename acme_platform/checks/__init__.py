"""Checks: promises about tables, each a select of the rows that break it."""
