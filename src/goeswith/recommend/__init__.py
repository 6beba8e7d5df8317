"""Stage 7: recall routes -> coarse union -> fine ranking -> re-rank, with a reason for each result.

Without click-trained edge weights it uses the graph's own probabilities.
"""
