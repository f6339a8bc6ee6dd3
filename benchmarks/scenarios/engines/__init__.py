"""The second engine: embedded, over a month, and on a cluster."""
