"""Files: what stands in the lake, where it belongs, and how it is loaded."""
