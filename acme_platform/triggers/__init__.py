"""Triggers: what asks Dagster for runs: sensors, schedules, automation."""
