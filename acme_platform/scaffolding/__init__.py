"""Scaffolding: files of a new feed, table, check or question, as a person would write them."""
