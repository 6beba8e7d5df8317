-- Bills of items become bills of entities: each entity of a basket once, at its first time.
SELECT b.basket, min(b.user) AS user, e.entity, min(b.time) AS time
FROM bills b
JOIN linked e ON e.item = b.item
WHERE b.counted
GROUP BY b.basket, e.entity
ORDER BY b.basket, e.entity
