"""Commands that show what is there to people who have no terminal."""
