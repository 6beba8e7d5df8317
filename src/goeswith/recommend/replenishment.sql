-- Median days between two purchases of an entity by one named customer, over all such gaps of at least a day.
WITH visits AS (
    SELECT user, entity, CAST(floor(time / CAST(:day AS DOUBLE)) AS BIGINT) AS day
    FROM entity_bills
    WHERE user >= 0
    GROUP BY user, entity, CAST(floor(time / CAST(:day AS DOUBLE)) AS BIGINT)
),
gaps AS (
    SELECT user, entity, day - lag(day) OVER (PARTITION BY user, entity ORDER BY day) AS gap FROM visits
),
ranked AS (
    SELECT user, entity, gap,
        row_number() OVER (PARTITION BY entity ORDER BY gap, user) AS place,
        count(*) OVER (PARTITION BY entity) AS gaps
    FROM gaps
    WHERE gap IS NOT NULL
),
customers AS (
    SELECT entity, count(DISTINCT user) AS customers FROM ranked GROUP BY entity
)
SELECT r.entity, r.gap AS days, c.customers
FROM ranked r
JOIN customers c ON c.entity = r.entity
WHERE r.place = CAST(floor((r.gaps + 1) / 2.0) AS BIGINT) AND c.customers >= :minimum
ORDER BY r.entity
