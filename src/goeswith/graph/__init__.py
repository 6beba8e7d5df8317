"""Stage 5, the complementary knowledge graph: made by `build`, read by `query`, moved by `exchange`."""
