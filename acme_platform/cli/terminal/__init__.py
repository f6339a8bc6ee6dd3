"""The terminal: what commands print, and how they watch a run."""
