"""Monitoring: what is wrong, since when, and the command that mends it."""
