-- What PostgreSQL reads as an array, so that it asks the index of replies for each.

-- name: list_replied(org_id, address, limit) -> (name: str, received_at: int, is_opt_out: int)
-- Replies to the newest messages to one address.
SELECT j.name, a.received_at, a.is_opt_out
FROM replies a JOIN jobs j ON j.org_id = a.org_id AND j.id = a.job_id
WHERE a.org_id = :org_id AND a.recipient_id = ANY(ARRAY (
    SELECT r.id FROM recipients r
    WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address
    ORDER BY r.job_id DESC, r.id DESC LIMIT :limit))
ORDER BY a.id DESC LIMIT :limit;
