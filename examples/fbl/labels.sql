-- One row a vote; the item id is the code in the URL. Two pairs were shown twice in the same order: the first counts.
WITH pairs AS (
    SELECT *, split_part(ITEM_URL_1, '/', 5) AS item_a, split_part(ITEM_URL_2, '/', 5) AS item_b
    FROM read_csv('fbl/FBL2023.tsv', delim = '\t', header = true)
    QUALIFY row_number() OVER (PARTITION BY ITEM_URL_1, ITEM_URL_2 ORDER BY PAIR_ID) = 1
)
SELECT item_a, item_b, ANNOTATOR1_LABEL AS relation, ANNOTATOR1_ID AS annotator FROM pairs
UNION ALL SELECT item_a, item_b, ANNOTATOR2_LABEL, ANNOTATOR2_ID FROM pairs
UNION ALL SELECT item_a, item_b, ANNOTATOR3_LABEL, ANNOTATOR3_ID FROM pairs
