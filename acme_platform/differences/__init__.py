"""Differences: two states of a table, row against row."""
