"""The site of `acme docs`: pages about every feed, table and question, in one folder that opens from disk."""
