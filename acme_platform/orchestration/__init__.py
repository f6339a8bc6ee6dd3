"""Orchestration: the platform's tables and checks as Dagster's assets and asset checks."""
