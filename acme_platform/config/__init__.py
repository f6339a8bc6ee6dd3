"""Configuration: what the environment says, read once, and no secret of it shown."""
