"""Databases: how a table of another company is read, gently, by COPY."""
