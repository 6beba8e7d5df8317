-- Invoices as baskets. Cancellations start with "C" (or "A": adjustments of debt) and carry negative quantities.
SELECT
    CustomerID AS user_id,
    InvoiceNo AS basket_id,
    upper(trim(StockCode)) AS item_id,
    InvoiceDate AS timestamp,
    Quantity AS quantity,
    UnitPrice AS price
FROM read_parquet('online_retail/online_retail.parquet')
WHERE InvoiceNo NOT LIKE 'C%' AND InvoiceNo NOT LIKE 'A%' AND UnitPrice > 0
