"""Tables of the lake as files: parts, their types and places, the log that shows them, rows from and to PostgreSQL.

Nothing here knows Spark.
"""
