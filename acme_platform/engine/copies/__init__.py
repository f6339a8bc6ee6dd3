"""Copies: rows of the lake in PostgreSQL, and rows of PostgreSQL in the lake, for who moves or compares.

Not here: what the engine computes, and the answers that people ask (`engine/answer.py`).
"""
