-- name: add_callbacks(org_id, rows, now, give_up_at)!
-- `rows` is JSON: [[id, uuid, job_id, recipient_id, url, host, body, carrier], …].
INSERT INTO callbacks (org_id, id, uuid, job_id, recipient_id, url, host, body, carrier, state,
    created_at, due_at, give_up_at)
SELECT CAST(:org_id AS BIGINT), CAST(r.value ->> 0 AS BIGINT), r.value ->> 1,
    CAST(r.value ->> 2 AS BIGINT), CAST(r.value ->> 3 AS BIGINT), r.value ->> 4, r.value ->> 5,
    r.value ->> 6, r.value ->> 7, 'waiting', CAST(:now AS BIGINT), CAST(:now AS BIGINT),
    CAST(:give_up_at AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: claim_callbacks(org_id, host, now, lease_now, lease_end: int, limit)
--     -> (org_id: OrgId, id: CallbackId, uuid: str, url: str, host: str, body: str, carrier: str,
--         attempts: int, until: int)
-- MATERIALIZED: looked up once, or LIMIT is void.
WITH due AS MATERIALIZED (
    SELECT id AS due_id FROM callbacks
    WHERE org_id = :org_id AND host = :host AND due_at <= :now
        AND (state <> 'claimed' OR due_at <= :lease_now)
    ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE callbacks SET state = 'claimed', due_at = :lease_end
FROM due WHERE org_id = :org_id AND id = due_id
RETURNING org_id, id, uuid, url, host, body, carrier, attempts, due_at AS until;

-- name: list_held_callbacks(keys) -> (org_id: OrgId, id: CallbackId)
-- crosses organizations: workers serve all of them. `keys` is JSON: [[org_id, id], …]. The others
-- are this transaction's from here on.
WITH asked AS MATERIALIZED (
    SELECT CAST(k.value ->> 0 AS BIGINT) AS org_id, CAST(k.value ->> 1 AS BIGINT) AS id
    FROM json_array_elements(CAST(:keys AS json)) k (value)
), free AS MATERIALIZED (
    SELECT c.org_id, c.id FROM callbacks c JOIN asked a ON a.org_id = c.org_id AND a.id = c.id
    ORDER BY c.org_id, c.id FOR UPDATE OF c SKIP LOCKED
)
SELECT c.org_id, c.id FROM callbacks c JOIN asked a ON a.org_id = c.org_id AND a.id = c.id
WHERE NOT EXISTS (SELECT 1 FROM free WHERE free.org_id = c.org_id AND free.id = c.id);
