"""Commands that show a change: what it will do, and what it did."""
