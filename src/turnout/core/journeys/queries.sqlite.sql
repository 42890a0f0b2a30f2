-- name: add_queue_items(org_id, submission_id, ids, paks)!
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
SELECT :org_id, i.value, :submission_id, p.value, 'queued'
FROM json_each(:ids) i JOIN json_each(:paks) p ON p.key = i.key;

-- name: claim_submissions(now, most)
-- crosses organizations: workers serve all of them.
SELECT org_id, id, last_item_id, noun, target_id, contact, attempts FROM submissions
WHERE done_at IS NULL AND due_at <= :now ORDER BY due_at, org_id, id LIMIT :most;

-- name: finish_items(org_id, outcomes, person_id, now)!
UPDATE queue_items
SET status = o.value ->> 'status', message = o.value ->> 'message', done_at = :now,
    person_id = CASE o.value ->> 'status' WHEN 'success' THEN :person_id END
FROM json_each(:outcomes) o
WHERE queue_items.org_id = :org_id AND queue_items.id = o.value ->> 'id';

-- name: count_items(org_id, ids)$
SELECT count(*) FROM queue_items
WHERE org_id = :org_id AND id IN (SELECT value FROM json_each(:ids));

-- name: list_items(org_id, ids, most, skip)
SELECT i.id, i.session_pak, i.status, s.email, i.person_id, i.message
FROM queue_items i JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
WHERE i.org_id = :org_id AND i.id IN (SELECT value FROM json_each(:ids))
ORDER BY i.id LIMIT :most OFFSET :skip;
