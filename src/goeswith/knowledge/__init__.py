"""What is known about products, and who said so: the only package that opens knowledge.sqlite."""
