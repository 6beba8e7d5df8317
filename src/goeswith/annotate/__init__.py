"""Stage 3: relation questions and their answers."""
