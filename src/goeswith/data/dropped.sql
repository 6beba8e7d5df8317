SELECT
    coalesce(sum(CASE WHEN p.item_id IS NULL OR p.{context} IS NULL THEN 1 ELSE 0 END), 0),
    coalesce(sum(CASE WHEN coalesce(p.quantity, 1) <= 0 THEN 1 ELSE 0 END), 0),
    coalesce(sum(CASE WHEN p.item_id IS NOT NULL AND i.item_id IS NULL THEN 1 ELSE 0 END), 0)
FROM purchases_in p
LEFT JOIN items i ON i.item_id = p.item_id
