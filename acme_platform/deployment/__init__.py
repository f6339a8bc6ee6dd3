"""Deployment: Dagster as processes: its instance, storage, launcher, webserver, and what they leave behind."""
