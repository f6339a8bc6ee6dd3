"""pandas: read_csv and describe. Prints the seconds from the first byte read; imports do not count."""

import os
import time

import pandas

began = time.perf_counter()
pandas.read_csv(os.environ["PEER_FILE"]).describe(include="all")
print(time.perf_counter() - began)
