-- One row a stock code: its most frequent description, its median price, its usual code in capitals.
-- Notes of the warehouse ("damaged", "?") stand in rows with a price of 0 and are no descriptions.
WITH lines AS (
    SELECT upper(trim(StockCode)) AS item_id, trim(Description) AS title, UnitPrice
    FROM read_parquet('online_retail/online_retail.parquet')
    WHERE Description IS NOT NULL AND UnitPrice > 0
),
titles AS (
    SELECT item_id, title, count(*) AS n FROM lines GROUP BY item_id, title
),
best AS (
    SELECT item_id, title, row_number() OVER (PARTITION BY item_id ORDER BY n DESC, title) AS place FROM titles
)
SELECT b.item_id, b.title, p.price
FROM best b
JOIN (SELECT item_id, median(UnitPrice) AS price FROM lines GROUP BY item_id) p ON p.item_id = b.item_id
WHERE b.place = 1
