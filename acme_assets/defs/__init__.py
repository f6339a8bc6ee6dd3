"""What exists: one module a feed, each holding a `FEED`. How it works stands in the modules above."""
