"""Stage 4, KARL: how any two things relate: features of a pair, classifiers, samplers and the active loop."""
