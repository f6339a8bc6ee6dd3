"""The second engine: feeds whose raw rows, versions and answers are files of the lake, read by Spark.

    raw file ──► part (Parquet, written where the file was screened) ──► log of the raw table
    raw parts ──► judged by Spark; what is not plainly good by PostgreSQL ──► part ──► log of the staging table
    versions ──► answer, computed by Spark ──► part ──► log, and a copy in PostgreSQL that everybody asks

A table of the lake is a log over parts. A part is written first and shown by one commit, which no engine makes: so a
day changes at once for every reader, and Spark needs to know nothing but Parquet.
"""
