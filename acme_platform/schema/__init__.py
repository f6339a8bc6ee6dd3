"""The schema: how tables come into being, and follow their SQL files."""
