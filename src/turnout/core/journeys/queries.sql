-- name: find_intake_target(org_id, credential_id, pak)^
-- Whether the caller may still ask, and what the pak leads to, in one look.
SELECT c.revoked_at, c.expires_at, d.noun, d.target_id
FROM credentials c
LEFT JOIN directory d ON d.namespace = 'pak' AND d.name = :pak AND d.org_id = c.org_id
WHERE c.org_id = :org_id AND c.id = :credential_id;

-- name: finish_items(org_id, id, status, message, person_id, now)*!
UPDATE queue_items SET status = :status, message = :message, person_id = :person_id, done_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: finish_submission(org_id, id, now)!
UPDATE submissions SET done_at = :now WHERE org_id = :org_id AND id = :id;

-- name: postpone_submission(org_id, id, due_at)!
UPDATE submissions SET attempts = attempts + 1, due_at = :due_at
WHERE org_id = :org_id AND id = :id;

-- name: count_waiting(most)$
-- crosses organizations: the backlog is one for the whole installation. Counts no further
-- than `most`, so that it costs little however long the queue is.
SELECT count(*) FROM (SELECT 1 FROM submissions WHERE done_at IS NULL LIMIT :most) waiting;

-- name: next_due()$
-- crosses organizations: workers serve all of them.
SELECT min(due_at) FROM submissions WHERE done_at IS NULL;
