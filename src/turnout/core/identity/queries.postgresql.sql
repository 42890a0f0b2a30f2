-- name: claim_answers(rows, now) -> (org_id: OrgId, owner: str, key: str)
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, owner, key, method, path, body_digest, answer], …]. Waits for others
-- that claim one of the keys, in the order of the rows.
INSERT INTO idempotency_keys (org_id, owner, key, method, path, body_digest, answer, created_at)
SELECT CAST(r.value ->> 0 AS BIGINT), r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
    r.value ->> 5, r.value ->> 6, CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, owner, key) DO NOTHING
RETURNING org_id, owner, key;

-- name: list_names(namespace, names) -> (name: str)
-- crosses organizations: the directory is what leads to the organization.
-- `names` is JSON: [name, …].
SELECT name FROM directory WHERE namespace = :namespace
    AND name = ANY (ARRAY(SELECT json_array_elements_text(CAST(:names AS json))));

-- name: add_names(org_id, namespace, noun, rows)!
-- Takes globally unique names; `rows` is JSON: [[name, target_id], …]. Leaves out those that are
-- taken.
INSERT INTO directory (namespace, name, org_id, noun, target_id)
SELECT :namespace, value ->> 0, CAST(:org_id AS BIGINT), :noun, CAST(value ->> 1 AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) w (value)
ON CONFLICT (namespace, name) DO NOTHING;
