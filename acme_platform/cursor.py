"""The cursor: what functions are handed of an open transaction.

Belongs here: its type, as classes are spelt. Not here: transactions (`warehouse/connection.py`).
"""

import psycopg2.extensions

Cursor = psycopg2.extensions.cursor
