-- One row an item: the first of repeated ids wins; rows without id or title leave.
SELECT
    row_number() OVER (ORDER BY item_id) - 1 AS item,
    item_id, title, category, brand, price, description,
    coalesce(available, TRUE) AS available,
    parent_id
FROM (
    SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY row) AS repeat
    FROM items_in
    WHERE item_id IS NOT NULL AND title IS NOT NULL
)
WHERE repeat = 1
ORDER BY item_id
