"""pandas read_csv + to_sql, in chunks as its documentation advises; runs in an environment of its own."""

import os
import time

import pandas as pd
import sqlalchemy as sa

began = time.perf_counter()
engine = sa.create_engine(os.environ["PEER_URL"].replace("postgresql://", "postgresql+psycopg2://"))
for file in os.environ["PEER_FILES"].split(os.pathsep):
    for frame in pd.read_csv(file, chunksize=10_000, skipinitialspace=True):
        frame.columns = frame.columns.str.strip()
        frame.to_sql("orders", engine, schema="bare", if_exists="append", index=False)
print(time.perf_counter() - began)
