-- Baskets numbered in order of their ids; above :cap items a draw, fixed by :seed, stays counted.
SELECT
    l.basket,
    coalesce(u.user, -1 - l.basket) AS user,
    l.item, l.time, l.quantity,
    row_number() OVER (
        PARTITION BY l.basket ORDER BY (l.item * 7919 + l.basket * 104729 + :seed * 15485863) % 1000003, l.item
    ) <= :cap AS counted
FROM (SELECT dense_rank() OVER (ORDER BY context) - 1 AS basket, user_id, item, time, quantity FROM lines) l
LEFT JOIN users u ON u.user_id = l.user_id
ORDER BY l.time, l.basket, l.item
