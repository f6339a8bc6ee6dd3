"""Other programs for people, with the addresses of the platform."""
