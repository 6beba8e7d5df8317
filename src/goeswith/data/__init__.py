"""The shop's tables: what they are (`tables`), how they are read, checked and made ready (`prepare`)."""
