"""How good is the live build: against baselines on the same split, with intervals, in a report that opens offline."""
