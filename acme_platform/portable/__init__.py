"""The portable subset: the SQL of PostgreSQL of which both engines make the same rows.

    words.py      what it holds, and what to write instead of what it does not
    subset.py     is a file in it? asked when a feed on Spark is loaded
    kinds.py      what kind of value each part of a select is, on which many rules hang
    pattern.py    which regular expressions mean the same everywhere

What it does not hold is refused by name, never run in the hope that it means the same.
"""
