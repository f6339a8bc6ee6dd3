"""The entrance: what every server of ours asks of a request before anybody looks at it."""
