"""Profiling: what a file or a table holds, column by column, and what it could be declared as."""
