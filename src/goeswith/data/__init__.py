"""The shop's tables: what they are (`tables`), how they are read (`readers`), checked (`checks`) and made ready (`prepare`)."""
