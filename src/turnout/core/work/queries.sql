-- name: set_aside(queue, org_id, id: int, note, now)!
UPDATE work_claims SET set_aside_at = :now, note = CASE WHEN note = '' THEN :note ELSE note END
WHERE org_id = :org_id AND queue = :queue AND id = :id AND set_aside_at IS NULL;

-- name: note_failure(queue, org_id, id: int, claims: int, note, until)!
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until, note)
VALUES (:org_id, :queue, :id, :claims, :until, :note)
ON CONFLICT (org_id, queue, id) DO UPDATE SET note = excluded.note,
    claimed_until = excluded.claimed_until;

-- name: list_set_aside(org_id, queue, id: int) -> listing.SetAsideItem
-- crosses organizations: the operator sees all of them. `org_id` and `id` 0, `queue` empty = any.
SELECT w.org_id, o.slug AS organization, w.queue, w.id, w.claims, w.set_aside_at AS at, w.note
FROM work_claims w JOIN organizations o ON o.org_id = w.org_id
WHERE w.set_aside_at IS NOT NULL AND (:org_id = 0 OR w.org_id = :org_id)
    AND (:queue = '' OR w.queue = :queue) AND (:id = 0 OR w.id = :id)
ORDER BY w.set_aside_at, w.org_id, w.queue, w.id LIMIT 1000;

-- name: count_set_aside() -> (queue: str, total: int)
-- crosses organizations: the operator sees all of them.
SELECT queue, count(*) FROM work_claims WHERE set_aside_at IS NOT NULL GROUP BY queue;

-- name: settle_claim(org_id, queue, id)*!
DELETE FROM work_claims WHERE org_id = :org_id AND queue = :queue AND id = :id;

-- name: count_alone(queue, limit, now)$ -> int
-- crosses organizations: workers serve all of them.
SELECT count(*) FROM work_claims
WHERE queue = :queue AND claims >= :limit AND set_aside_at IS NULL AND claimed_until > :now;

-- name: pull_claims(now, latest: int)!
-- crosses organizations: the clock is one for all of them. Nobody holds a claim that ends later
-- than `latest`: the holder is dead.
UPDATE work_claims SET claimed_until = :now WHERE claimed_until > :latest;
