-- In how many baskets, and with how many distinct customers, two entities were bought together.
SELECT a.entity AS a, b.entity AS b, count(*) AS baskets, count(DISTINCT a.user) AS customers
FROM entity_bills a
JOIN entity_bills b ON b.basket = a.basket AND b.entity > a.entity
GROUP BY a.entity, b.entity
HAVING count(*) >= :minimum
ORDER BY a.entity, b.entity
