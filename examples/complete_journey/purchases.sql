-- basket_id is left out on purpose: a 7 % sample of lines leaves no basket whole.
SELECT user_id, item_id, timestamp, quantity, price FROM read_parquet('complete_journey/purchases.parquet')
