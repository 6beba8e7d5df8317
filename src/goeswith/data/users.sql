SELECT row_number() OVER (ORDER BY user_id) - 1 AS user, user_id
FROM (SELECT DISTINCT user_id FROM lines WHERE user_id IS NOT NULL)
ORDER BY user_id
