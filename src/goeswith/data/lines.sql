-- A distinct item of a context (basket, or history), when it was first taken and how many.
SELECT
    p.{context} AS context,
    min(p.user_id) AS user_id,
    i.item,
    min(coalesce(p.{when}, 0)) AS time,
    CAST(sum(CAST(round(coalesce(p.quantity, 1)) AS BIGINT)) AS BIGINT) AS quantity
FROM purchases_in p
JOIN items i ON i.item_id = p.item_id
WHERE p.{context} IS NOT NULL AND coalesce(p.quantity, 1) > 0
GROUP BY p.{context}, i.item
