"""CSV: from the bytes of a delivered file to whole records, as fast as COPY takes them."""
