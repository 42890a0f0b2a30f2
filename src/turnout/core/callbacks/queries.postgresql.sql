-- name: add_callbacks(org_id, rows, now, give_up_at)!
-- `rows` is JSON: [[id, uuid, job_id, recipient_id, url, host, body, carrier], …].
INSERT INTO callbacks (org_id, id, uuid, job_id, recipient_id, url, host, body, carrier, state,
    created_at, due_at, give_up_at)
SELECT CAST(:org_id AS BIGINT), CAST(r.value ->> 0 AS BIGINT), r.value ->> 1,
    CAST(r.value ->> 2 AS BIGINT), CAST(r.value ->> 3 AS BIGINT), r.value ->> 4, r.value ->> 5,
    r.value ->> 6, r.value ->> 7, 'waiting', CAST(:now AS BIGINT), CAST(:now AS BIGINT),
    CAST(:give_up_at AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: claim_callbacks(host, now, lease_end, most)
-- crosses organizations: one worker calls the receivers of all of them.
-- MATERIALIZED: looked up once, or LIMIT is void.
WITH due AS MATERIALIZED (
    SELECT org_id AS due_org, id AS due_id FROM callbacks
    WHERE host = :host AND due_at <= :now
    ORDER BY due_at, org_id, id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE callbacks SET state = 'claimed', due_at = :lease_end
FROM due WHERE org_id = due_org AND id = due_id
RETURNING org_id, id, uuid, url, host, body, carrier, attempts;
