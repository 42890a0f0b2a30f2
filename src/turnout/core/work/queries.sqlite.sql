-- `keys` is JSON: [[org_id, id], …].

-- name: list_claims(queue, keys) -> (org_id: OrgId, id: int, claims: int, is_set_aside: int)
-- crosses organizations: workers serve all of them.
SELECT w.org_id, w.id, w.claims,
    CASE WHEN w.set_aside_at IS NULL THEN 0 ELSE 1 END FROM json_each(:keys) k
CROSS JOIN work_claims w ON w.org_id = k.value ->> 0 AND w.queue = :queue AND w.id = k.value ->> 1;

-- name: count_claims(queue, keys, claimed_until: int)!
-- crosses organizations: workers serve all of them.
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until)
SELECT k.value ->> 0, :queue, k.value ->> 1, 1, :claimed_until FROM json_each(:keys) k WHERE true
ON CONFLICT (org_id, queue, id) DO UPDATE SET claims = claims + 1,
    claimed_until = excluded.claimed_until;

-- name: claim_rows(queue, keys, now, claimed_until: int, first: int) -> (org_id: OrgId, id: int)
-- crosses organizations: workers serve all of them.
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until)
SELECT k.value ->> 0, :queue, k.value ->> 1, :first, :claimed_until FROM json_each(:keys) k
WHERE true
ON CONFLICT (org_id, queue, id) DO UPDATE SET claims = claims + 1,
    claimed_until = excluded.claimed_until
WHERE set_aside_at IS NULL AND claimed_until <= :now
RETURNING org_id, id;

-- name: lock_suspects(queue) -> (nothing: str | None)
-- crosses organizations: workers serve all of them. The one writer needs no lock.
SELECT :queue;

-- name: take_claims(queue, claims) -> (org_id: OrgId, id: int, claims: int)
-- crosses organizations: workers serve all of them. `claims` is JSON: [[org_id, id, until], …].
-- They are few: each id is looked up in each organization.
DELETE FROM work_claims
WHERE org_id IN (SELECT value ->> 0 FROM json_each(:claims)) AND queue = :queue
    AND id IN (SELECT value ->> 1 FROM json_each(:claims))
    AND (org_id, id, claimed_until) IN (
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:claims))
    AND set_aside_at IS NULL
RETURNING org_id, id, claims;
