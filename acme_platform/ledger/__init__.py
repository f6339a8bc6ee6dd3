"""The ledger: what was delivered, read, built and judged; every question about days is asked here."""
