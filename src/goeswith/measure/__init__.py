"""How good is it: splits, metrics and intervals. Knows arrays only, nothing of shops or models."""
