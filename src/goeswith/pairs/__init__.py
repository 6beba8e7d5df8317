"""Stage 2: which entity pairs are worth asking about.

Of n entities n²/2 pairs could be asked; most have nothing to do with each other and each costs money. Entities are
split into head, torso and tail by popularity, and each segment proposes pairs within a budget of its own (LLM-KERec,
arXiv 2402.13750; its thresholds are not published, ours are settings under [pairs]).
"""
