"""Stage 1: titles and bills become entity terms.

An Entity Dict is made from the terms an annotator gave to titles; spellings of one term are merged; every other title
is linked to a term without an LLM; bills of items become bills of entities.
"""
