SELECT entity, count(*) AS baskets, count(DISTINCT user) AS customers
FROM entity_bills
GROUP BY entity
ORDER BY entity
