"""The model: what a declaration of a feed and its tables means, without any server."""
