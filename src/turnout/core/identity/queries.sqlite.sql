-- name: claim_answers(rows, now) -> (org_id: OrgId, owner: str, key: str)
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, owner, key, method, path, body_digest, answer], …].
INSERT INTO idempotency_keys (org_id, owner, key, method, path, body_digest, answer, created_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
    r.value ->> 6, :now
FROM json_each(:rows) r
WHERE true
ON CONFLICT (org_id, owner, key) DO NOTHING
RETURNING org_id, owner, key;

-- name: list_names(namespace, names) -> (name: str)
-- crosses organizations: the directory is what leads to the organization.
-- `names` is JSON: [name, …].
SELECT d.name FROM json_each(:names) w
CROSS JOIN directory d ON d.namespace = :namespace AND d.name = w.value;

-- name: add_names(org_id, namespace, noun, rows)!
-- Takes globally unique names; `rows` is JSON: [[name, target_id], …]. Leaves out those that are
-- taken.
INSERT INTO directory (namespace, name, org_id, noun, target_id)
SELECT :namespace, w.value ->> 0, :org_id, :noun, w.value ->> 1 FROM json_each(:rows) w
WHERE true
ON CONFLICT (namespace, name) DO NOTHING;
