-- Who touched what, when: everything up to the end of the partition, because taste is learned from the whole history.
-- Times are UTC; the end is exclusive.
SELECT user_id, item_id, occurred_at
FROM shop.interactions
WHERE occurred_at < '{{ partition_end }}'
