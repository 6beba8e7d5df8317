SELECT p.product_id AS item_id, p.product_name AS title, a.aisle AS category
FROM read_csv('instacart_sample/products.csv') p
LEFT JOIN read_csv('instacart_sample/aisles.csv') a ON a.aisle_id = p.aisle_id
