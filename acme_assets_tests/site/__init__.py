"""Tests of the pages that `acme docs` writes."""
