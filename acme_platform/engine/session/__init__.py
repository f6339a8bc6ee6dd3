"""The session with an engine: what it is asked, and the ways there.

    sc://…                        Spark Connect: the client in this process (`connect.py`)
    spark://…, yarn, k8s://…      a job: a driver beside this process (`job.py` here, `driver.py` there)

Nothing here knows a table, a day or the ledger.
"""
