"""Serving: answers in Redis, in files and by mail."""
