-- FBL2024, for `goeswith study llm` alone: people chose among three classes.
WITH pairs AS (
    SELECT *, split_part(ITEM_URL_1, '/', 5) AS item_a, split_part(ITEM_URL_2, '/', 5) AS item_b
    FROM read_csv('fbl/FBL2024.tsv', delim = '\t', header = true)
), votes AS (
    SELECT item_a, item_b, ANNOTATOR1_LABEL AS label, ANNOTATOR1_ID AS annotator FROM pairs
    UNION ALL SELECT item_a, item_b, ANNOTATOR2_LABEL, ANNOTATOR2_ID FROM pairs
    UNION ALL SELECT item_a, item_b, ANNOTATOR3_LABEL, ANNOTATOR3_ID FROM pairs
)
SELECT item_a, item_b, annotator,
    CASE CAST(label AS VARCHAR) WHEN '1' THEN 'substitute' WHEN '2' THEN 'complementary' WHEN '3' THEN 'unrelated' END
        AS relation
FROM votes
