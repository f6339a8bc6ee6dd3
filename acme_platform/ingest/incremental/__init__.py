"""Incremental reading: what changed since the watermark, and what no watermark can see."""
