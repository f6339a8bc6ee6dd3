"""Tests of SQL files: tables drawn beside them, given and expected, run on a real server (docs/making.md)."""
