"""The registry: which feeds and tables there are, what is wrong with those that cannot be loaded, what mends it."""
