SELECT o.user_id, l.order_id AS basket_id, l.product_id AS item_id, o.order_number AS seq
FROM read_csv('instacart_sample/order_products__prior.csv') l
LEFT JOIN read_csv('instacart_sample/orders.csv') o ON o.order_id = l.order_id
