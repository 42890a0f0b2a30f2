-- `keys` is JSON: [[org_id, id], …].

-- name: list_claims(queue, keys)
-- crosses organizations: workers serve all of them.
SELECT w.org_id, w.id, w.claims,
    CASE WHEN w.set_aside_at IS NULL THEN 0 ELSE 1 END FROM json_each(:keys) k
CROSS JOIN work_claims w ON w.org_id = k.value ->> 0 AND w.queue = :queue AND w.id = k.value ->> 1;

-- name: count_claims(queue, keys, claimed_until)!
-- crosses organizations: workers serve all of them.
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until)
SELECT k.value ->> 0, :queue, k.value ->> 1, 1, :claimed_until FROM json_each(:keys) k WHERE true
ON CONFLICT (org_id, queue, id) DO UPDATE SET claims = claims + 1,
    claimed_until = excluded.claimed_until;

-- name: lock_suspects(queue)
-- crosses organizations: workers serve all of them. The one writer needs no lock.
SELECT :queue;

-- name: take_claims(queue, claims)
-- crosses organizations: workers serve all of them. `claims` is JSON: [[org_id, id, until], …].
DELETE FROM work_claims WHERE (org_id, queue, id) IN (
    SELECT w.org_id, w.queue, w.id FROM json_each(:claims) c
    CROSS JOIN work_claims w ON w.org_id = c.value ->> 0 AND w.queue = :queue
        AND w.id = c.value ->> 1 AND w.claimed_until = c.value ->> 2
    WHERE w.set_aside_at IS NULL)
RETURNING org_id, id, claims;
