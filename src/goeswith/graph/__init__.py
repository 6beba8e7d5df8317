"""Stage 5: the complementary knowledge graph: `build` makes it, `query` reads it, `exchange` and `diff` move and compare it."""
