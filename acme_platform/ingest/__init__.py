"""Ingest: how what others deliver becomes raw tables."""
