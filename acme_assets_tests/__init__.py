"""Tests, laid out like the package and `sql/`; the rules for writing them are in CONTRIBUTING.md."""
