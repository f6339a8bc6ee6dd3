"""ACME's data platform: five feeds become raw, staging and analytics tables, Redis answers and exports.

`build.py` is what Dagster loads, `defs/` holds one feed a module, every other module is one noun of how it works.
"""
