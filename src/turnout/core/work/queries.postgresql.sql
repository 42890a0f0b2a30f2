-- `keys` is JSON: [[org_id, id], …].

-- name: list_claims(queue, keys) -> (org_id: OrgId, id: int, claims: int, is_set_aside: int)
-- crosses organizations: workers serve all of them.
SELECT w.org_id, w.id, w.claims,
    CASE WHEN w.set_aside_at IS NULL THEN 0 ELSE 1 END FROM work_claims w
JOIN json_array_elements(CAST(:keys AS json)) k (value)
    ON w.org_id = CAST(k.value ->> 0 AS BIGINT) AND w.id = CAST(k.value ->> 1 AS BIGINT)
WHERE w.queue = :queue;

-- name: count_claims(queue, keys, claimed_until: int)!
-- crosses organizations: workers serve all of them.
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until)
SELECT CAST(k.value ->> 0 AS BIGINT), :queue, CAST(k.value ->> 1 AS BIGINT), 1,
    CAST(:claimed_until AS BIGINT)
FROM json_array_elements(CAST(:keys AS json)) k (value)
ORDER BY 1, 3
ON CONFLICT (org_id, queue, id) DO UPDATE SET claims = work_claims.claims + 1,
    claimed_until = excluded.claimed_until;

-- name: claim_rows(queue, keys, now, claimed_until: int, first: int) -> (org_id: OrgId, id: int)
-- crosses organizations: workers serve all of them. Waits for another worker that claims one of
-- them, and leaves that to it.
INSERT INTO work_claims (org_id, queue, id, claims, claimed_until)
SELECT CAST(k.value ->> 0 AS BIGINT), :queue, CAST(k.value ->> 1 AS BIGINT),
    CAST(:first AS BIGINT), CAST(:claimed_until AS BIGINT)
FROM json_array_elements(CAST(:keys AS json)) k (value)
ORDER BY 1, 3
ON CONFLICT (org_id, queue, id) DO UPDATE SET claims = work_claims.claims + 1,
    claimed_until = excluded.claimed_until
WHERE work_claims.set_aside_at IS NULL AND work_claims.claimed_until <= :now
RETURNING org_id, id;

-- name: lock_suspects(queue) -> (nothing: str | None)
-- crosses organizations: workers serve all of them. Claims of suspects follow one another.
SELECT pg_advisory_xact_lock(1953853294, hashtext(:queue));

-- name: take_claims(queue, claims) -> (org_id: OrgId, id: int, claims: int)
-- crosses organizations: workers serve all of them. `claims` is JSON: [[org_id, id, until], …].
DELETE FROM work_claims w USING json_array_elements(CAST(:claims AS json)) c (value)
WHERE w.queue = :queue AND w.org_id = CAST(c.value ->> 0 AS BIGINT)
    AND w.id = CAST(c.value ->> 1 AS BIGINT) AND w.claimed_until = CAST(c.value ->> 2 AS BIGINT)
    AND w.set_aside_at IS NULL
RETURNING w.org_id, w.id, w.claims;
