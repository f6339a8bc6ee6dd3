"""Keeping: one process that owns one embedded server, whatever happens to the commands that use it."""
