"""Speed, memory and quality on real data, beside what a user would pick instead. `make bench` runs all of it."""
