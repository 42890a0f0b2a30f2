-- name: add_entry(org_id, id, at, actor, action, noun, noun_id, facts)!
INSERT INTO audit_entries (org_id, id, at, actor, action, noun, noun_id, facts)
VALUES (:org_id, :id, :at, :actor, :action, :noun, :noun_id, :facts);

-- name: list_entries(org_id, noun, noun_id)
SELECT at, actor, action, facts FROM audit_entries
WHERE org_id = :org_id AND noun = :noun AND noun_id = :noun_id
ORDER BY id;
